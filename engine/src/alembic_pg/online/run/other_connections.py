"""Learn what a revision commits on another connection than the run's own.

No note tells of that, and no rollback takes it back: what is said of a failure must be true.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from alembic_pg.online.run import transactions
from alembic_pg.sql import session_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from alembic_pg.online.connection_state.untracked_statements import Tracking
    from alembic_pg.revisions.current_revision import RunState


@contextmanager
def watched(own: Connection, tracking: Tracking, running: RunState) -> Iterator[None]:
    """Note in the block that another connection of the run's engine has committed what it wrote.

    own: the run's connection. running: has the note.
    """
    engine = own.engine  # that of op.get_bind(); other threads may be at work with others
    writers: set[int] = set()

    def executed(connection: Connection, _: Any, statement: str, *__: Any) -> None:  # noqa: ANN401  # SQLAlchemy's
        if connection is own or tracking.is_ours or not session_statements.may_write(statement):
            return
        if transactions.is_autocommit(connection):
            running.committed_elsewhere = True
        writers.add(id(connection))

    def committed(connection: Connection) -> None:
        if id(connection) in writers:
            running.committed_elsewhere = True

    event.listen(engine, "after_cursor_execute", executed)
    event.listen(engine, "commit", committed)
    try:
        yield
    finally:
        event.remove(engine, "after_cursor_execute", executed)
        event.remove(engine, "commit", committed)
