"""Write the statements that a run would execute as a script for psql: ``alembic upgrade --sql``."""

from __future__ import annotations

import functools
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import NoInspectionAvailable

from alembic_pg.database.url import DRIVER
from alembic_pg.errors import UserError
from alembic_pg.offline import psql_commands
from alembic_pg.offline.rehearsal import Rehearsal
from alembic_pg.offline.script_guards import ScriptGuards
from alembic_pg.offline.writer import OnlineRenderImpl
from alembic_pg.online.run import journal
from alembic_pg.options import RUNS
from alembic_pg.revisions import search_path, version_schema
from alembic_pg.revisions.current_revision import RunState, checked_steps, track_steps
from alembic_pg.revisions.failure_messages import NO_SQL, explain_failures
from alembic_pg.revisions.render_impl import (
    DatabaseNeededError,
    RenderImpl,
    install_writing_impl,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.runtime.migration import MigrationContext, MigrationStep

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.revisions.current_revision import StepsFunction

# To list their steps does nothing; ensure_version makes its table in doing so.
_STEP_COMMANDS = {*RUNS, "stamp"}


def run(task: AlembicCommand) -> None:
    """Write the command's SQL to the standard output; no database is needed.

    Raises UserError when a revision asks for a database.
    """
    if task.settings.plan:
        raise UserError("The plan asks the target: leave --sql or -x plan out.")
    running = RunState()
    opts = task.environment.context_opts
    steps = opts["fn"]
    guards = ScriptGuards("")
    opts["fn"] = track_steps(_guarded(checked_steps(steps), guards), running)
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
        explain_failures(task.environment, running, NO_SQL),
        _explain_missing_database(running),
        task.environment.begin_transaction(),
    ):
        guards.table = journal.version_table_name(context)
        guards.heads = set(context.get_current_heads())
        guards.follow(context)
        planned = []
        if task.command in _STEP_COMMANDS:
            # Where there is no such revision, or more than one, nothing is written.
            planned = list(steps(context.get_current_heads(), context))
        if isinstance(impl, OnlineRenderImpl):
            impl.begin(context, running, task.settings)
            impl.rehearse(Rehearsal(task, task.settings, stack))
            impl.guards = guards
            impl.static_output(psql_commands.STOP_AT_ERRORS)
        impl.static_output(guards.opening(notes=isinstance(impl, OnlineRenderImpl)))
        if task.command in RUNS and (
            check := search_path.script_check([step.revision for step in planned])
        ):
            impl.static_output(f"{check};\n")
        task.environment.run_migrations(**task.arguments)
        impl.static_output(guards.closing())


@contextmanager
def _explain_missing_database(running: RunState) -> Iterator[None]:
    """Raise UserError for a revision of the block that needs a database."""
    try:
        yield
    except (DatabaseNeededError, NoInspectionAvailable) as error:
        needed = isinstance(error, DatabaseNeededError)
        what = str(error) if needed else "inspect(op.get_bind())"
        why = f"it needs a database ({what}), and a script has none"
        way = "\nWrite that as op.execute(), do it only where context.is_offline_mode() is false, "
        text = NO_SQL.format(revision=running.label, why=why)
        raise UserError(f"{text}{way}or run the command without --sql.") from error


def _guarded(steps: StepsFunction, guards: ScriptGuards) -> StepsFunction:
    """Return the same steps, each of which looks first whether the database is where it begins."""

    @functools.wraps(steps)
    def each(heads: Any, context: MigrationContext) -> Iterator[MigrationStep]:  # noqa: ANN401  # as Alembic types them
        for step in steps(heads, context):
            if hasattr(step, "migration_fn") and isinstance(context.impl, RenderImpl):
                step.migration_fn = _with_guard(step, step.migration_fn, context.impl, guards)
            yield step

    return each


def _with_guard(
    step: Any,  # noqa: ANN401  # Alembic's step
    function: Callable[..., None],
    impl: RenderImpl,
    guards: ScriptGuards,
) -> Callable[..., None]:
    @functools.wraps(function)
    def run(**options: Any) -> None:  # noqa: ANN401  # as Alembic types them
        revision = getattr(step, "revision", None)
        if revision is not None and guards.heads:
            impl.write_guard(
                guards.require_heads(
                    revision.revision, is_upgrade=step.is_upgrade, others=step.to_revisions
                )
            )
        function(**options)
        impl.end_revision()

    return run
