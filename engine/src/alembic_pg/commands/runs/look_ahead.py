"""Ask, before the first step of a run, what refuses a pending revision for certain, or may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alembic_pg.database import catalog, run_requirements
from alembic_pg.online.run import journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.revisions.current_revision import RunState

# Of a superuser no right is missing.
_IS_SUPERUSER = text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")

_HAS_EVENT_TRIGGERS = text("SELECT EXISTS (SELECT FROM pg_event_trigger)")

# A refusal is of a large table, or of row security.
_MAY_REFUSE = text("""
SELECT coalesce(
  sum(pg_total_relation_size(oid)) > :large OR bool_or(row_security_active(oid)), false)
FROM pg_class WHERE oid = ANY (:tables)
""")


def refuse_pending(
    task: AlembicCommand,
    context: MigrationContext,
    connection: Connection,
    running: RunState,
    steps: Callable[[], Iterable[Any]],
) -> None:
    """Raise UserError with nothing done where a pending revision is certain to be refused.

    Nothing is looked at where no table is large and no right can be missing, nor where a revision
    is half done, whose own statements are decided as it goes on. connection: without a
    transaction, before and after. steps: returns those of the run.
    """
    own = journal.version_table_name(context)
    with connection.begin():
        rights = not connection.scalar(_IS_SUPERUSER)
        if rights and list(steps()):
            # Whoever may create nothing at all is told so once, and not for each statement.
            schema = context.version_table_schema
            run_requirements.require_writable(connection, schema, first=not running.heads)
        tables = task.settings.online and _may_refuse_table(task, connection, own)
        watched = bool(connection.scalar(_HAS_EVENT_TRIGGERS))
        if not (rights or tables or watched) or journal.read_note(connection, own) is not None:
            return
    from alembic_pg.plan import event_triggers, look_ahead  # noqa: PLC0415  # it reads the revisions
    from alembic_pg.plan.planner import Planner  # noqa: PLC0415  # the same

    def planner() -> Planner:
        return Planner(context, connection, task.settings, running)

    if rights or tables:
        look_ahead.refuse_pending(planner(), steps, rights=rights, tables=tables)
    if watched and (triggers := event_triggers.read_event_triggers(planner())):
        look_ahead.warn_of_event_triggers(planner(), triggers, steps)


def _may_refuse_table(task: AlembicCommand, connection: Connection, own: str) -> bool:
    tables = catalog.user_table_oids(connection, own)
    about = {"large": task.settings.large_table, "tables": list(tables)}
    try:
        with connection.begin_nested():
            return bool(tables) and bool(connection.scalar(_MAY_REFUSE, about))
    except DBAPIError:
        return False  # a table is locked: the run waits for it
