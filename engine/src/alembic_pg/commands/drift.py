"""Tell how the target differs from what its own revisions build: ``alembic-pg drift``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from alembic_pg.commands import own_command
from alembic_pg.commands.own_command import FOUND, NOTHING
from alembic_pg.drift import find, json_form, report
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from alembic.config import Config
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.drift.difference import Difference
    from alembic_pg.drift.drift import Drift


@dataclass(frozen=True)
class Asked:
    """Hold what a person wants done with what differs; one of the answers at most.

    objects: globs on what drift calls an object, none for all. ignore: the reason for which nobody
    wants to hear of it. back: the script to write that takes it back. into_models: the module to
    write that declares it. ask: whether each is asked for on the terminal.
    """

    objects: tuple[str, ...] = ()
    ignore: str = ""
    back: Path | None = None
    into_models: Path | None = None
    ask: bool = False

    @property
    def answers(self) -> bool:
        """Whether something is to be done."""
        return bool(self.ignore or self.back or self.into_models or self.ask)


_ONLY_TELLS = Asked()


def run(
    config: Config, *, diffs: bool, as_json: bool, at: str = "", asked: Asked = _ONLY_TELLS
) -> int:
    """Print what differs, and return the exit code: 0 nothing, 1 found, 2 could not tell.

    diffs: whether the definitions that differ are printed, too. as_json: for a program.
    at: a revision to compare with in place of the database's own. asked: what is to be done; where
    it is done, the exit code is 0.
    """
    try:
        if asked.answers:
            return answer_drift(config, asked, at=at)
        found = find_drift(config, at=at)
        if asked.objects:
            found = report.only(found, _chosen(found, asked.objects))
    except Exception as error:  # noqa: BLE001  # whatever it is, it is not drift
        return own_command.report_failure(error, json_form.JSON_FORMAT if as_json else None)
    if as_json:
        own_command.print_json(json_form.JSON_FORMAT, json_form.as_object(found))
    else:
        sys.stdout.write(f"{report.as_text(found, diffs=diffs)}\n")
    return FOUND if found.found_something else NOTHING


def find_drift(config: Config, *, at: str = "") -> Drift:
    """Return how the target of a project differs from what its own revisions build.

    config: Alembic's, of the project. The target is only read. at: a revision to compare with in
    place of the database's own.
    Raises UserError where nothing can be compared.
    """
    found: list[Drift] = []
    _on_target(config, lambda task, connection: found.append(find.find_drift(task, connection, at)))
    return found[0]


def answer_drift(config: Config, asked: Asked, *, at: str = "") -> int:
    """Do with what differs what is asked for, and say on the standard output what was done.

    Return the exit code: 0 where it is done or nothing differs, 1 where the database has lost its
    revision. at: as of `find_drift`. Raises UserError where it cannot be done.
    """
    from alembic_pg.commands.drift_answers import answer  # noqa: PLC0415  # who only looks needs none

    codes: list[int] = []

    def do(task: AlembicCommand, connection: Connection) -> None:
        found = find.find_drift(task, connection, at)
        chosen = _chosen(found, asked.objects)
        if not chosen:
            sys.stdout.write(f"{report.as_text(found)}\n")
            codes.append(FOUND if found.lost else NOTHING)
            return
        question = answer.Question(task, connection, at, found)
        if asked.ask:
            answer.ask_each(question, chosen)
        elif asked.ignore:
            answer.ignore(question, chosen, asked.ignore)
        elif asked.back is not None:
            answer.take_back(question, chosen, asked.back)
        elif asked.into_models is not None:
            answer.take_into_models(question, chosen, asked.into_models)
        codes.append(NOTHING)

    _on_target(config, do)
    return codes[0]


def _chosen(found: Drift, objects: tuple[str, ...]) -> list[Difference]:
    """Return the differences that a person named. Raises UserError for a name that fits none."""
    chosen: list[Difference] = []
    for name in objects or ("*",):
        fitting = [
            one
            for one in found.differences
            if name == one.label or fnmatchcase(one.label, name) or fnmatchcase(one.name, name)
        ]
        if objects and not fitting:
            raise UserError(f"Nothing that differs is called {name}: alembic-pg drift lists all.")
        chosen += [one for one in fitting if one not in chosen]
    return chosen


def _on_target(config: Config, do: Callable[[AlembicCommand, Connection], None]) -> None:
    own_command.load_environment(config, own_command.OwnCommand("drift", do))
