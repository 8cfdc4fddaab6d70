"""Let revisions wait for locks in a way that stops nobody, run online, and leave their state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.commands.runs import state_stamps
from alembic_pg.online.alembic_impl import OnlineImpl
from alembic_pg.online.backfill import batches
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
    state_stamps.leave_states(task, runner)
    context.impl = OnlineImpl(runner)
