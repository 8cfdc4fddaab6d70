"""Upgrade, downgrade, stamp and current, on one connection."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.script.revision import MultipleHeads
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from ddl.database import reason
from ddl.errors import UserError
from ddl.steps import Running, watched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection

    from ddl.environment import Run

QUERY_CANCELED = "57014"


def run(task: Run, connection: Connection) -> None:
    """Run the command on a connection, each revision in its own transaction.

    Raises UserError when the database and this tree do not fit together, or a revision fails;
    the database is then as it was before that revision.
    """
    theirs = connection.in_transaction()
    running = Running()
    opts = task.environment.context_opts
    opts["fn"] = watched(opts["fn"], running)
    task.environment.configure(
        connection=connection, transaction_per_migration=True, **task.configure
    )
    heads = task.environment.get_context().get_current_heads()
    if task.command == "upgrade" and not heads:
        from ddl import lost_version  # noqa: PLC0415  # its imports are for this rare look only

        lost_version.look(task, connection)
    if not theirs:
        # A transaction that a question began would be taken for the caller's: Alembic would end
        # with 0 and commit nothing.
        connection.rollback()
    with _explained(task.environment.script, heads, running), task.environment.begin_transaction():
        task.environment.run_migrations()


@contextmanager
def _explained(script: ScriptDirectory, heads: Sequence[str], running: Running) -> Iterator[None]:
    """Turn what can go wrong into a sentence."""
    try:
        yield
    except CommandError as error:
        if isinstance(error.__cause__, MultipleHeads):
            raise _two_heads(script) from error
        if unknown := [head for head in heads if not _knows(script, head)]:
            raise UserError(
                f"The database is at revision {', '.join(unknown)}, which this tree does not have: "
                "a newer release upgraded it. Use that release's tree."
            ) from error
        raise
    except DBAPIError as error:
        if reason.sqlstate(error) == QUERY_CANCELED and "user request" in reason.of(error):
            raise KeyboardInterrupt from error
        raise UserError(
            f"{running.label} fails: {reason.of(error)}; the database is as it was before it."
        ) from error


def _two_heads(script: ScriptDirectory) -> UserError:
    heads = [script.get_revision(head) for head in sorted(script.get_heads())]
    names = " and ".join(f"{head.revision} ({head.doc})" for head in heads)
    return UserError(
        f"There are {len(heads)} heads: {names}. "
        'Join them: alembic merge heads -m "merge", or name the one you mean.'
    )


def _knows(script: ScriptDirectory, revision: str) -> bool:
    try:
        return bool(script.get_revision(revision))
    except CommandError:
        return False
