"""Report what is unfinished on the target, beside ``alembic check`` and ``alembic current``."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from alembic_pg import events
from alembic_pg.database import run_lock, target
from alembic_pg.database.connect import connect
from alembic_pg.errors import UserError
from alembic_pg.online.recovery import declared_not_valid
from alembic_pg.online.run import journal

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand

# libpq's shortest, in seconds; nobody waits for a check because of a server that is away.
_CONNECT_TIMEOUT = "2"


def report_on_target(task: AlembicCommand) -> None:
    """Write what is unfinished on the database that a setting names; nothing where none does."""
    if not task.names_target:
        return
    with suppress(UserError, DBAPIError):
        place = target.find(task.root, task.configured_url)
        url = place.url
        if "connect_timeout" not in url.query:
            url = url.update_query_dict({"connect_timeout": _CONNECT_TIMEOUT})
        with connect(url, source=place.source) as connection:
            report_leftovers(
                task, connection, MigrationContext.configure(connection, opts=task.configure)
            )


def report_leftovers(
    task: AlembicCommand, connection: Connection, context: MigrationContext, *, ours: bool = False
) -> None:
    """Write a line to the standard error for each thing that is unfinished.

    ours: whether it is this run that is at work, and at its end.
    """
    at_work = "" if ours else run_lock.describe_running(connection)
    if at_work:
        # What looks half done is what it is about to do.
        events.tell(events.WARNING, f"A run is at work: {at_work}.")
        return
    revisions = reversed(list(task.environment.script.walk_revisions()))
    table = journal.version_table_name(context)
    for line in declared_not_valid.unfinished_lines(connection, table, revisions):
        events.tell(events.WARNING, f"Unfinished: {line}")
