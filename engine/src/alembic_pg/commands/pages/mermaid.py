"""Keep the diagram of a Markdown file: ``alembic-pg mermaid``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from alembic_pg.commands import own_command
from alembic_pg.commands.own_command import FOUND, NOTHING
from alembic_pg.commands.pages import sources
from alembic_pg.errors import UserError
from alembic_pg.pages.mermaid import mermaid_diagrams

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.config import Config

    from alembic_pg.alembic_command import AlembicCommand

BEGIN, END = "<!-- alembic-pg mermaid -->", "<!-- end -->"


def run(config: Config, file: Path, *, check: bool) -> int:
    """Write the diagram, or tell whether the file has it, and return the exit code.

    Raises UserError where the file cannot be read, or has no place for it.
    """
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
    blocks = "\n".join(f"```mermaid\n{one}```\n" for one in _diagrams(config))
    wanted = f"{before}{begin}{blocks}{end}{after}"
    if wanted == text:
        return NOTHING
    if check:
        sys.stdout.write(f"{file} has an old diagram: alembic-pg mermaid {file} writes it.\n")
        return FOUND
    file.write_text(wanted, encoding="utf-8")
    sys.stdout.write(f"{file}: the diagram is written.\n")
    return NOTHING


def _diagrams(config: Config) -> list[str]:
    found: list[str] = []

    def look(task: AlembicCommand, _: object) -> None:
        found.extend(mermaid_diagrams(sources.read_models(task)))

    command = own_command.OwnCommand("mermaid", look, on_target=False)
    own_command.load_environment(config, command)
    return found
