"""Keep the diagram of Markdown files: ``alembic-pg mermaid``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.autogenerate import clean_check
from alembic_pg.commands import own_command
from alembic_pg.commands.own_command import FOUND, NOTHING
from alembic_pg.database.project_files import DATA_FOLDER
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.config import Config

    from alembic_pg.alembic_command import AlembicCommand

BEGIN, END = "<!-- alembic-pg mermaid -->", "<!-- end -->"


# What the diagrams of the models are, and of which files: as long as none of them changes, no
# server is started.
RECORD_PATH = Path(DATA_FOLDER) / "diagram.json"


def run(config: Config, files: Sequence[Path], *, check: bool) -> int:
    """Write the diagram into files, or tell which have an old one, and return the exit code.

    Raises UserError where a file cannot be read, or has no place for it; none is written then.
    """
    places = [_find_place(file) for file in files]
    blocks = _blocks(config)
    old = [place for place in places if place.text != place.with_blocks(blocks)]
    for place in old:
        if check:
            mend = f"alembic-pg mermaid {place.file}"
            sys.stdout.write(f"{place.file} has an old diagram: {mend} writes it.\n")
        else:
            place.file.write_text(place.with_blocks(blocks), encoding="utf-8")
            sys.stdout.write(f"{place.file}: the diagram is written.\n")
    return FOUND if check and old else NOTHING


@dataclass(frozen=True)
class _Place:
    """Hold the text of a file: before the diagram's place, the whole, and after it."""

    file: Path
    before: str
    text: str
    after: str

    def with_blocks(self, blocks: str) -> str:
        return f"{self.before}{blocks}{self.after}"


def _find_place(file: Path) -> _Place:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.") from error
    before, begin, rest = text.partition(f"{BEGIN}\n")
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise UserError(
            f"{file} has no place for the diagram: write the lines {BEGIN} and {END} into it."
        )
    return _Place(file, f"{before}{begin}", text, f"{end}{after}")


def _blocks(config: Config) -> str:
    """Return what stands between the two lines."""
    found: list[str] = []

    def look(task: AlembicCommand, _: object) -> None:
        server = clean_check.server_key(task)
        known = clean_check.recall(task, server, RECORD_PATH)
        if known is None:
            from alembic_pg.commands.pages import draw_mermaid  # noqa: PLC0415  # hardly ever

            known, watch = draw_mermaid.draw(task)
            if server:
                clean_check.record(task, server, watch, RECORD_PATH, known)
        found.append(known)

    command = own_command.OwnCommand("mermaid", look, on_target=False)
    own_command.load_environment(config, command)
    return found[0]
