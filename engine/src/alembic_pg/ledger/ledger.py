"""Read and write the ledger, the file of a history's states."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.database.project_files import LEDGER_FILE, write_whole
from alembic_pg.errors import UserError
from alembic_pg.ledger.part_file import part_file, part_text, read_part_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alembic.script import ScriptDirectory

    from alembic_pg.ledger.parts import PartChanges

# The version of the form in which definitions are digested; it grows when the same database gets
# another state: when the normal form of a dump or its entries change.
FORM = 2

# Hexadecimal digits of a state: an accident is out of the question, and a line fits a screen.
DIGITS = 20

_HEAD = f"""\
# The state of a database before each revision, the revision, and the state after it. A state is a
# digest of what PostgreSQL built, not of a file's text.
# alembic keeps this file, and mends it by: alembic-pg {LEDGER_FILE}
#
# A conflict here: two branches added a revision each. alembic-pg rebase puts yours last. By hand:
# keep what the other branch has in this file, let the down_revision of your revision name the last
# one below, then: alembic-pg {LEDGER_FILE}
"""

_FORM = re.compile(r"postgresql (?P<major>\d+) form (?P<form>\d+)")

_LINE = re.compile(
    rf"(?P<before>[0-9a-f]{{{DIGITS}}}) -> (?P<revision>\S+) -> (?P<after>[0-9a-f]{{{DIGITS}}})"
)

_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


@dataclass(frozen=True)
class States:
    """Hold the states of a database before and after a revision.

    changes: what it makes of the parts of tables, None where that is not known.
    """

    before: str
    after: str
    changes: PartChanges | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Ledger:
    """Hold what a ledger says.

    major: the major version of the PostgreSQL that built the states. form: the version of the form
    in which they are digested. lines: the states of each revision by its id, oldest first.
    """

    major: int
    lines: dict[str, States]
    form: int = FORM

    def state_after(self, revisions: Iterable[str]) -> str:
        """Return the state of a database at some revisions, "" where no line says it."""
        heads = list(revisions)
        line = self.lines.get(heads[0]) if len(heads) == 1 else None
        return line.after if line else ""

    @property
    def changes(self) -> dict[str, PartChanges | None]:
        """What each revision makes of the parts of tables, by its id, oldest first."""
        return {one: states.changes for one, states in self.lines.items()}

    def with_line(self, revision: str, states: States) -> Ledger:
        """Return the ledger with a line more at its end."""
        return replace(self, lines={**self.lines, revision: states})


def ledger_path(script: ScriptDirectory) -> Path:
    """Return the file of a history's ledger, which need not exist."""
    return Path(script.dir) / LEDGER_FILE


def read_ledger(file: Path) -> Ledger | None:
    """Return the ledger of a file, None where there is no file.

    Raises UserError for a line that is none, and for the marks of a conflict.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return with_changes(parse_ledger(text, file.name), read_part_file(part_file(file)))


def with_changes(ledger: Ledger, known: Mapping[tuple[str, str], PartChanges]) -> Ledger:
    """Return the ledger with what is known of each revision's changes. known: of a part file."""
    lines = {
        one: replace(states, changes=known.get((one, states.after)))
        for one, states in ledger.lines.items()
    }
    return replace(ledger, lines=lines)


def parse_ledger(text: str, name: str = LEDGER_FILE) -> Ledger:
    """Return what the text of a ledger says.

    name: what a message calls the file. Raises UserError as `read_ledger` does.
    """
    form: re.Match[str] | None = None
    lines: dict[str, States] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(_CONFLICT):
            raise UserError(
                f"{name}, line {number}, is a conflict: two branches added a revision each. To put "
                "yours last: alembic-pg rebase"
            )
        found = _LINE.fullmatch(line.strip())
        if form is None and (form := _FORM.fullmatch(line.strip())):
            continue
        if form is None or found is None or found["revision"] in lines:
            raise UserError(f"{name}, line {number}, cannot be read: alembic-pg ledger mends it.")
        lines[found["revision"]] = States(found["before"], found["after"])
    if form is None:
        raise UserError(f"{name} names no version of PostgreSQL: alembic-pg ledger mends it.")
    return Ledger(int(form["major"]), lines, int(form["form"]))


def ledger_text(ledger: Ledger) -> str:
    """Return the text of a ledger's file."""
    lines = [f"{states.before} -> {one} -> {states.after}" for one, states in ledger.lines.items()]
    return "\n".join([f"{_HEAD}postgresql {ledger.major} form {ledger.form}", *lines, ""])


def write_ledger(file: Path, ledger: Ledger) -> None:
    """Write a ledger, and beside it what is known of its changes: each file whole or not at all."""
    for place, text in ledger_files(file, ledger).items():
        write_whole(place, text)


def ledger_files(file: Path, ledger: Ledger) -> dict[Path, str]:
    """Return the texts of a ledger's files, that of its changes where there are any or were.

    file: that of the ledger itself.
    """
    files = {file: ledger_text(ledger)}
    changes = {
        (one, states.after): states.changes
        for one, states in ledger.lines.items()
        if states.changes is not None
    }
    if changes or part_file(file).exists():
        files[part_file(file)] = part_text(changes)
    return files
