"""Run a command, and go on with it where the server ended its session because it said nothing.

A client that froze, as a laptop does whose lid is closed, holds its locks only for the limits in
database/time_limits.py. When it is there again, it does what a person would: the same again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg import events
from alembic_pg.commands.runs import upgrade
from alembic_pg.database import time_limits
from alembic_pg.database.connect import connect
from alembic_pg.database.target import EMBEDDED_SOURCE
from alembic_pg.errors import UserError
from alembic_pg.revisions.current_revision import RunState

if TYPE_CHECKING:
    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.database.target import Target

# How often it goes on: who is silent each time is not frozen, but slow with a lock.
_TRIES = 3


def run(task: AlembicCommand, place: Target) -> None:
    """Run a command on a target, in as many sessions as it needs."""
    wait = task.settings.wait / 1000
    embedded = place.source == EMBEDDED_SOURCE
    steps = task.environment.context_opts["fn"]
    for tries in range(1, _TRIES + 1):
        running = RunState(where="the embedded server" if embedded else "")
        task.environment.context_opts["fn"] = steps
        try:
            with connect(place.url, source=place.source, wait=wait) as connection:
                upgrade.run(task, connection, given=False, running=running)
        except UserError as error:
            if not _ended_for_silence(error, running):
                raise
            if tries == _TRIES:
                raise UserError(
                    f"{running.label} kept locks without a statement for too long, {_TRIES} times: "
                    "let it do its own work before it locks, or wait longer: -x idle_timeout=1min"
                ) from error
            line = "The server ended an idle session and released its locks: going on …"
            events.tell(events.RESUMED, line)
        else:
            return


def _ended_for_silence(error: UserError, running: RunState) -> bool:
    cause = error.__cause__
    lost = isinstance(cause, DBAPIError) and cause.connection_invalidated
    return lost and running.silence.lasted(time_limits.NEXT_MESSAGE)
