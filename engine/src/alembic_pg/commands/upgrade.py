"""Upgrade, downgrade, stamp, current and their like, on one connection."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from alembic_pg import options
from alembic_pg.commands import leftovers
from alembic_pg.console import progress
from alembic_pg.database import preflight
from alembic_pg.database.run_lock import held
from alembic_pg.online.alembic_impl import OnlineImpl
from alembic_pg.online.recovery import undo
from alembic_pg.online.run import journal
from alembic_pg.online.run.revision_runner import Runner
from alembic_pg.online.run.transactional_runner import Plain
from alembic_pg.plan import command
from alembic_pg.revisions.current_revision import (
    Running,
    making_version_table,
    note_autocommit,
    prepared,
    watched,
)
from alembic_pg.revisions.failure_messages import explained

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import Run
    from alembic_pg.options import Settings

# They change Alembic's own table and nothing else: all of it or nothing.
_IN_ONE = {"stamp", "ensure_version"}

# They run revisions.
_RUNNERS = {"upgrade", "downgrade"}

# They read where the database is, and then change it.
_WRITERS = {"upgrade", "downgrade", "stamp", "ensure_version"}


def run(task: Run, connection: Connection, *, given: bool) -> None:
    """Run the command on a connection, each revision in its own transaction.

    given: whether a caller handed the connection in. In a transaction of theirs all is left for
    them to commit; else the connection is given back without one.
    Raises UserError when the database and this tree do not fit together, or a revision fails;
    the database is then as it was before that revision, autocommit blocks aside.
    """
    running = Running()
    with explained(task.environment.script, running):
        if connection.in_transaction():
            _run(task, connection, running, given=given)
            return
        writes = task.command in _WRITERS and not command.wanted(task)
        alone = _alone(task, connection) if writes and not given else nullcontext()
        try:
            with alone:
                _run(task, connection, running, given=given)
        finally:
            # A question at the end begins one, which nobody ends.
            connection.rollback()


@contextmanager
def _alone(task: Run, connection: Connection) -> Iterator[None]:
    """Let no other run be at work on the database meanwhile."""
    preflight.expect_session(connection)
    with held(connection, limit=_settings(task).run_patience / 1000):
        yield


def _settings(task: Run) -> Settings:
    return options.read(task.environment.get_x_argument(as_dictionary=True))


def _run(task: Run, connection: Connection, running: Running, *, given: bool) -> None:
    theirs = connection.in_transaction()
    planned = command.wanted(task)
    opts = task.environment.context_opts
    if not planned:
        opts["fn"] = watched(prepared(making_version_table(opts["fn"]), running), running)
    task.environment.configure(
        **{
            "connection": connection,
            "transaction_per_migration": task.command not in _IN_ONE,
            # Who only asks, or fails at once, leaves no empty table behind.
            "dont_mutate": True,
            **task.configure,
        }
    )
    context = task.environment.get_context()
    note_autocommit(context, running)
    running.heads = _heads(context, connection)
    if task.command == "upgrade" and not running.heads and not given:
        from alembic_pg.commands import lost_version  # noqa: PLC0415  # its imports are for this rare look only

        running.hint = lost_version.look(task, connection)
    if not theirs:
        # A transaction that a question began would be taken for the caller's: Alembic would end
        # with 0 and commit nothing.
        connection.rollback()
    if planned:
        command.show(task, context, connection, running)
        return
    if task.command in _RUNNERS and not given:
        _prepare(task, context, connection, running)
    if task.command == "downgrade" and not given and _taken_back(task, context, connection):
        return
    if task.on_command_line and not given:
        progress.show(quiet=task.environment.config.messaging_opts.get("quiet", False))
    with task.environment.begin_transaction():
        task.environment.run_migrations()
    if task.command == "stamp" and not given:
        # A person says where the database is, half done or not.
        journal.forget(connection, journal.table_of(context))
    if task.command == "current" and not given:
        leftovers.write(task, connection, context)


def _heads(context: MigrationContext, connection: Connection) -> tuple[str, ...]:
    heads = context.get_current_heads()
    if not heads and context.version_table_schema is None:
        preflight.expect_seen(connection, context.version_table)
    return heads


def _taken_back(task: Run, context: MigrationContext, connection: Connection) -> bool:
    """Take back an upgrade that is half done, if the command says so; return whether it did."""
    impl = context.impl
    if not isinstance(impl, OnlineImpl):
        return False
    with connection.begin():
        note = journal.read(connection, journal.table_of(context))
        heads = context.get_current_heads()
    script = task.environment.script
    destination = task.environment.context_opts.get("destination_rev") or ""
    if note is None or not undo.wanted(script, note, heads, destination):
        return False
    revision = script.get_revision(note.revision)
    at = ", ".join(heads) or "base"
    undo.take(impl.runner, revision, note, at)
    sys.stderr.write(f"Revision {note.revision} ({revision.doc}) is taken back; at {at}.\n")
    return True


def _prepare(
    task: Run, context: MigrationContext, connection: Connection, running: Running
) -> None:
    """Let revisions wait for locks in a way that stops nobody, and run online."""
    chosen = _settings(task)
    if not options.online(task.environment.get_x_argument(as_dictionary=True)):
        Plain(context, connection, chosen, running).start()
        return
    runner = Runner(context, connection, chosen, running)
    runner.start()
    context.impl = OnlineImpl(runner)
