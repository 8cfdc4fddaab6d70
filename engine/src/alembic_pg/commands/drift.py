"""Tell how the target differs from what its own revisions build: ``alembic-pg drift``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from alembic_pg.commands import own_command
from alembic_pg.commands.own_command import FOUND, NOTHING
from alembic_pg.drift import find, report

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.drift.drift import Drift


def run(config: Config, *, diffs: bool, as_json: bool, at: str = "") -> int:
    """Print what differs, and return the exit code: 0 nothing, 1 found, 2 could not tell.

    diffs: whether the definitions that differ are printed, too. as_json: for a program.
    at: a revision to compare with in place of the database's own.
    """
    try:
        found = find_drift(config, at=at)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is not drift
        return own_command.report_failure(error, report.JSON_FORMAT if as_json else None)
    if as_json:
        own_command.print_json(report.JSON_FORMAT, report.as_object(found))
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

    def look(task: AlembicCommand, connection: Connection) -> None:
        found.append(find.find_drift(task, connection, at))

    own_command.load_environment(config, own_command.OwnCommand("drift", look))
    return found[0]
