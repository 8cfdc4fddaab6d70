"""Let revisions wait for locks in a way that stops nobody, run online, and leave their state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.errors import UserError
from alembic_pg.ledger import ledger, stamp
from alembic_pg.online.alembic_impl import OnlineImpl
from alembic_pg.online.backfill import batches
from alembic_pg.online.run import journal
from alembic_pg.online.run.revision_runner import Runner

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.revisions.current_revision import RunState


def install(
    task: AlembicCommand, context: MigrationContext, connection: Connection, running: RunState
) -> None:
    """Let revisions wait for locks in a way that stops nobody, and run online."""
    runner = Runner(context, connection, task.settings, running, batches.change_rows)
    runner.start()
    _leave_states(task, runner)
    context.impl = OnlineImpl(runner)


def _leave_states(task: AlembicCommand, runner: Runner) -> None:
    """Let each revision leave the state that it led to, where the project has a ledger."""
    file = ledger.ledger_path(task.environment.script)
    if runner.no_journal_reason or not file.exists():
        return
    try:
        found = ledger.read_ledger(file)
    except (UserError, OSError):  # a conflict in it is the developers', and must stop no run
        found = None
    table, heads = journal.version_table_name(runner.context), runner.running.heads
    writer = stamp.stamp_writer(runner.connection, table, found or ledger.Ledger(0, {}), heads)
    if writer is not None:
        runner.beside_version = writer.statement
