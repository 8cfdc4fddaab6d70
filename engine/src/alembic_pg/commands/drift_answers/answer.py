"""Do with differences what a person wants, and say what was done."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.commands.drift_answers import back, into_models
from alembic_pg.console import screen, table
from alembic_pg.drift import ignore as ignore_file
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.drift.difference import Difference
    from alembic_pg.drift.drift import Drift

_BACK_FILE = Path("drift-back.sql")

_QUESTION = "{object} ({change}): [b]ack, into the [m]odels, [i]gnore, [s]kip, [q]uit? "


@dataclass(frozen=True)
class Question:
    """Hold where was looked, and what was found.

    connection: to the target. at: the revision that was named, "" for its own.
    """

    task: AlembicCommand
    connection: Connection
    at: str
    found: Drift


def ignore(question: Question, chosen: Sequence[Difference], reason: str) -> None:
    """Note each difference in the file of what is ignored, with its reason."""
    file = ignore_file.ignore_file(question.task.environment.script)
    try:
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if before and not before.endswith("\n"):
            before += "\n"
        lines = [ignore_file.ignore_line(one, reason) for one in chosen]
        file.write_text(before + "".join(lines), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file} cannot be written ({error.strerror}).") from error
    _say(f"{_count(chosen)} ignored from now on: {file.parent.name}/{file.name}")


def take_back(question: Question, chosen: Sequence[Difference], file: Path) -> None:
    """Write the script that takes each difference back, and say what it destroys."""
    destroys = back.write_script(question.task, question.connection, chosen, file, question.at)
    what = f"It destroys {', '.join(destroys)}." if destroys else "It destroys nothing."
    _say(f"{file} takes {_count(chosen)} back. {what} Read it, then: alembic-pg psql -f {file}")


def take_into_models(question: Question, chosen: Sequence[Difference], file: Path) -> None:
    """Declare each difference beside the models, and say which of them a person has to write."""
    done = into_models.declare_differences(question.task, question.connection, chosen, file)
    if done.edited.written:
        rows = [(one.change, one.label) for one in done.edited.written]
        _show(table.render(("drift", "written into the models"), rows))
        _show(done.edited.diff.rstrip("\n"))
    if done.declared:
        rows = [(one.change, one.label) for one in done.declared]
        _show(table.render(("drift", "declared"), rows))
        _show(done.diff.rstrip("\n"))
        _say(f"{file} declares {_count(done.declared)}; import it where env.py imports the models.")
    if done.edited.written or done.declared:
        _say('Then: alembic revision --autogenerate -m "what was made by hand"')
    for one, where in done.left:
        _say(f"Not declared: {one.label} ({one.change}). {where}")


def ask_each(question: Question, differences: Sequence[Difference]) -> None:
    """Ask for each difference what is to be done, then do it.

    Raises UserError where nobody is at a terminal.
    """
    if not sys.stdin.isatty():
        raise UserError("--ask needs a terminal: name an answer (--ignore, --back, --into-models).")
    answers: dict[str, list[Difference]] = {"b": [], "m": [], "i": []}
    for one in differences:
        said = _ask(one)
        if said == "q":
            break
        if said in answers:
            answers[said].append(one)
    if answers["i"]:
        ignore(question, answers["i"], _ask_text("Why is it ignored? "))
    if answers["b"]:
        take_back(question, answers["b"], _BACK_FILE)
    if answers["m"]:
        take_into_models(
            question, answers["m"], Path(_ask_text("Which new module is to declare it? "))
        )


def _ask(difference: Difference) -> str:
    while True:
        text = _QUESTION.format(object=difference.label, change=difference.change)
        try:
            said = input(text).strip().lower()[:1]
        except EOFError:  # Ctrl-D
            _say("")
            return "q"
        if said and said in "bmisq":
            return said


def _ask_text(question: str) -> str:
    try:
        while not (said := input(question).strip()):
            pass
    except EOFError as error:
        _say("")
        raise UserError("Nobody answered: what was asked for is not done.") from error
    return said


def _count(differences: Sequence[Difference]) -> str:
    return "1 object" if len(differences) == 1 else f"{len(differences)} objects"


def _show(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _say(text: str) -> None:
    sys.stdout.write(f"{screen.fit(text)}\n")
