"""Upgrade, downgrade, stamp, current and their like, on one connection."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from alembic_pg import events
from alembic_pg.alembic_command import PLAN_LOOK_OPTION, PLAN_STEPS_OPTION
from alembic_pg.console import progress
from alembic_pg.console.run_report import report_steps
from alembic_pg.database import run_requirements, target
from alembic_pg.database.run_lock import hold_run_lock
from alembic_pg.errors import UserError
from alembic_pg.online.run import journal
from alembic_pg.options import RUNS
from alembic_pg.revisions import search_path, version_schema
from alembic_pg.revisions.current_revision import (
    RunState,
    checked_steps,
    create_version_table_first,
    note_autocommit,
    place_name,
    prepare_steps,
    revision_label,
    track_steps,
)
from alembic_pg.revisions.failure_messages import explain_failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.revisions.current_revision import StepsFunction

# They change Alembic's own table and nothing else: all of it or nothing.
_SINGLE_TRANSACTION = {"stamp", "ensure_version"}

# They tell of a database that ran a revision before that was moved.
_TOLD_OF_MOVED = {"upgrade", "current"}

# They read where the database is, and then change it.
_WRITING_COMMANDS = {*RUNS, "stamp", "ensure_version"}


def run(
    task: AlembicCommand,
    connection: Connection,
    *,
    given: bool,
    running: RunState | None = None,
) -> None:
    """Run the command on a connection, each revision in its own transaction.

    given: whether a caller handed the connection in. In a transaction of theirs all is left for
    them to commit; else the connection is given back without one. running: what the caller is to
    know of the run, if anything.
    Raises UserError when the database and this tree do not fit together, or a revision fails;
    the database is then as it was before that revision, autocommit blocks aside.
    """
    running = running or RunState()
    with explain_failures(task.environment, running):
        if connection.in_transaction():
            _run_command(task, connection, running, given=given)
            return
        writes = task.command in _WRITING_COMMANDS and not task.settings.plan
        alone = _exclusive_run(task, connection) if writes and not given else nullcontext()
        try:
            with alone:
                if task.command == "upgrade" and not given:
                    _begin_history(task, connection)
                _run_command(task, connection, running, given=given)
        finally:
            # A question at the end begins one, which nobody ends.
            connection.rollback()


@contextmanager
def _exclusive_run(task: AlembicCommand, connection: Connection) -> Iterator[None]:
    """Let no other run be at work on the database meanwhile."""
    run_requirements.require_one_session(connection)
    with hold_run_lock(connection, limit=task.settings.run_patience / 1000):
        yield


def _begin_history(task: AlembicCommand, connection: Connection) -> None:
    """Give the empty embedded database what the history begins with, where that is a file.

    Raises UserError that names the file where somebody named the database: that is not touched.
    """
    from alembic_pg import history_start  # noqa: PLC0415  # it reads the revisions

    environment = task.environment
    files = history_start.start_files(environment.config, environment.script)
    if not files:
        return
    table = environment.context_opts.get("version_table", "alembic_version")
    with connection.begin():
        empty = not history_start.has_tables(connection, table)
    if not empty:
        return
    load = target.is_embedded(task.root, connection.engine.url)
    names = ", ".join(history_start.readable_path(file, environment.config) for file in files)
    if task.settings.plan:
        then = "an upgrade first loads that" if load else "load that first"
        text = f"The database is empty, and the history begins with {names}: {then}."
        from alembic_pg.plan import command  # noqa: PLC0415  # see online_runner

        command.form_of(task).remark(text)
        return
    if not load:
        raise UserError(
            f"The database is empty, and the history begins with {names}: "
            "load that first (psql -f), then run the same command again."
        )
    history_start.load_start(environment, connection.engine.url)


def _run_command(
    task: AlembicCommand, connection: Connection, running: RunState, *, given: bool
) -> None:
    theirs = connection.in_transaction()
    planned = task.settings.plan
    opts = task.environment.context_opts
    steps = opts.get(PLAN_STEPS_OPTION, opts["fn"])
    if not planned:
        told = _told_steps(task, connection, running, given=given)
        first = create_version_table_first(checked_steps(told))
        opts["fn"] = track_steps(prepare_steps(first, running), running)
    task.environment.configure(
        **{
            "connection": connection,
            "transaction_per_migration": task.command not in _SINGLE_TRANSACTION,
            # Who only asks, or fails at once, leaves no empty table behind.
            "dont_mutate": True,
            **task.configure,
        }
    )
    context = task.environment.get_context()
    version_schema.make_with_table(context)
    note_autocommit(context, running)
    running.heads = _current_heads(context, connection)
    _require_one_schema(task, connection, lambda: steps(running.heads, context))
    if (
        task.command == "upgrade"
        and not running.heads
        and not given
        and journal.read_note(connection, journal.version_table_name(context)) is None
    ):
        from alembic_pg.commands.runs import lost_version  # noqa: PLC0415  # its imports are for this rare look only

        running.hint = lost_version.check_lost_version(task, connection)
    if not theirs:
        # A transaction that a question began would be taken for the caller's: Alembic would end
        # with 0 and commit nothing.
        connection.rollback()
    _refuse_in_the_way(task, connection, running, steps, given=given)
    if planned:
        from alembic_pg.plan import command  # noqa: PLC0415  # see online_runner

        look = opts.get(PLAN_LOOK_OPTION) or command.print_plan
        look(task, context, connection, running)
        return
    if task.command in RUNS and not given:
        from alembic_pg.commands.runs import look_ahead  # noqa: PLC0415  # see online_runner

        look_ahead.refuse_pending(
            task, context, connection, running, lambda: steps(running.heads, context)
        )
        from alembic_pg.commands.runs import online_runner  # noqa: PLC0415  # of runs only

        online_runner.install(task, context, connection, running)
    if (
        task.command == "downgrade"
        and not given
        and _undo_half_done(task, context, connection, lambda: steps(running.heads, context))
    ):
        return
    if task.on_command_line and not given:
        progress.show_revisions(quiet=_is_quiet(task))
    with task.environment.begin_transaction():
        task.environment.run_migrations(**task.arguments)
    if task.command == "stamp" and not given:
        from alembic_pg.commands.runs import state_stamps  # noqa: PLC0415  # of runs and stamps only

        state_stamps.forget_progress(connection, journal.version_table_name(context))
    # Who takes back what is half done, and has lost the note of it, learns what is left.
    idle = task.command == "downgrade" and running.step is None
    if (task.command == "current" or idle) and not given:
        from alembic_pg.commands.runs import leftovers  # noqa: PLC0415  # it reads the revisions

        leftovers.report_leftovers(task, connection, context, ours=idle)


def _told_steps(
    task: AlembicCommand, connection: Connection, running: RunState, *, given: bool
) -> StepsFunction:
    """Return the command's own steps; lines tell of the run, unless the command is to be quiet.

    They list all steps before the first one runs: what prepares and tracks each step in its turn
    must stand around them.
    """
    steps: StepsFunction = task.environment.context_opts["fn"]
    if task.command not in RUNS or given or not task.on_command_line or _is_quiet(task):
        return steps
    return report_steps(steps, task.environment.script, connection, running.where)


def _is_quiet(task: AlembicCommand) -> bool:
    return bool(task.environment.config.messaging_opts.get("quiet", False))


def _current_heads(context: MigrationContext, connection: Connection) -> tuple[str, ...]:
    heads = context.get_current_heads()
    if not heads and context.version_table_schema is None:
        run_requirements.require_version_table_visible(connection, context.version_table)
    return heads


def _require_one_schema(
    task: AlembicCommand,
    connection: Connection,
    steps: Callable[[], Iterable[Any]],
) -> None:
    if task.command in RUNS:
        search_path.require_one_schema(connection, lambda: [step.revision for step in steps()])


def _refuse_in_the_way(
    task: AlembicCommand,
    connection: Connection,
    running: RunState,
    steps: StepsFunction,
    *,
    given: bool,
) -> None:
    if given or not (running.heads and task.settings.drift):
        return
    if task.command in _TOLD_OF_MOVED:
        from alembic_pg.commands.runs import moved  # noqa: PLC0415  # of these commands only

        moved.tell_of_moved(task, connection, running.heads)
    if task.command == "upgrade":
        from alembic_pg.commands.runs import look_for_drift  # noqa: PLC0415  # of upgrades only

        context = task.environment.get_context()
        look_for_drift.refuse_in_the_way(
            task, connection, running.heads, lambda: list(steps(running.heads, context))
        )


def _undo_half_done(
    task: AlembicCommand,
    context: MigrationContext,
    connection: Connection,
    steps: Callable[[], Iterable[Any]],
) -> bool:
    """Take back an upgrade that is half done, if the command says so; return whether it did.

    steps: returns those of the command. Raises UserError when there are none, while something is
    half done that the command does not mean.
    """
    from alembic_pg.online.alembic_impl import OnlineImpl  # noqa: PLC0415  # see online_runner
    from alembic_pg.online.recovery import undo  # noqa: PLC0415
    from alembic_pg.online.run import half_done  # noqa: PLC0415

    impl = context.impl
    if not isinstance(impl, OnlineImpl):
        return False
    with connection.begin():
        note = journal.read_note(connection, journal.version_table_name(context))
        heads = context.get_current_heads()
    script = task.environment.script
    destination = task.environment.context_opts.get("destination_rev") or ""
    if note is None:
        return False
    if not undo.is_requested(script, note, heads, destination):
        if not list(steps()):
            table = journal.version_table_name(context)
            place = half_done.place_before(context, heads, note)
            with connection.begin():
                raise half_done.half_done_error(connection, note, table, place)
        return False
    revision = script.get_revision(note.revision)
    at = place_name(heads)
    undo.undo_upgrade(impl.runner, note, at)
    line = f"Revision {revision_label(revision)} is taken back; at {at}."
    events.tell(events.DONE, line, at=sorted(heads))
    return True
