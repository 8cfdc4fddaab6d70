"""Write the statements that a run would execute as a script for psql: ``alembic upgrade --sql``."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from alembic_pg.database.url import DRIVER
from alembic_pg.errors import UserError
from alembic_pg.offline.rehearsal import Rehearsal
from alembic_pg.offline.writer import OnlineRenderImpl
from alembic_pg.revisions import search_path, version_schema
from alembic_pg.revisions.current_revision import RunState, track_steps
from alembic_pg.revisions.failure_messages import NO_SQL, explain_failures
from alembic_pg.revisions.render_impl import RenderImpl, install_writing_impl

if TYPE_CHECKING:
    from alembic_pg.alembic_command import AlembicCommand

# They write revisions.
_REVISION_COMMANDS = {"upgrade", "downgrade"}


def run(task: AlembicCommand) -> None:
    """Write the command's SQL to the standard output; no database is needed.

    Raises UserError when a revision asks for a database.
    """
    if task.settings.plan:
        raise UserError("The plan asks the target: leave --sql or -x plan out.")
    running = RunState()
    opts = task.environment.context_opts
    steps = opts["fn"]
    opts["fn"] = track_steps(steps, running)
    task.environment.configure(
        **{
            "url": f"{DRIVER}://",
            "literal_binds": True,
            # The driver's own style doubles every percent sign, and psql does not halve it again.
            "dialect_opts": {"paramstyle": "named"},
            "transaction_per_migration": True,
            **task.configure,
        }
    )
    context = task.environment.get_context()
    version_schema.make_with_table(context)
    # A stamp changes no table but Alembic's own.
    online = task.command != "stamp" and task.settings.online
    kind: type[RenderImpl] = OnlineRenderImpl if online else RenderImpl
    impl = install_writing_impl(context, kind, context.output_buffer)
    with (
        ExitStack() as stack,
        explain_failures(task.environment.script, running, NO_SQL),
        task.environment.begin_transaction(),
    ):
        if isinstance(impl, OnlineRenderImpl):
            impl.begin(context, running, task.settings)
            impl.rehearse(Rehearsal(task, task.settings, stack))
        if task.command in _REVISION_COMMANDS:
            written = [step.revision for step in steps(context.get_current_heads(), context)]
            if check := search_path.script_check(written):
                impl.static_output(f"{check};\n")
        task.environment.run_migrations(**task.arguments)
