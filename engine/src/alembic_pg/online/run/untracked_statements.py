"""Report each statement that a revision sends past Alembic's operations, by op.get_bind() say.

The journal does not have such a statement, so a run must know of it. SQLAlchemy's events do not
see a cursor that a revision takes from the driver; the driver's own cursors see all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg2.extensions import cursor
from psycopg2.sql import Composable

from alembic_pg.database.watched_connection import WatchedConnection
from alembic_pg.sql.transaction_statements import Boundary

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from alembic_pg.revisions.silence import Silence


@dataclass
class Tracking:
    """Which statements of a connection are known.

    in_revision: whether a revision's own statements come now.
    depth: how many blocks are open whose statements are noted, or the run's own.
    sent: whether a statement was sent since the transaction began.
    """

    in_revision: bool = False
    depth: int = 0
    sent: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether what is sent now is noted, or the run's own."""
        return not self.in_revision or self.depth > 0


def watch(
    connection: Connection,
    tracking: Tracking,
    silence: Silence,
    report: Callable[[str], None],
    report_end: Callable[[Boundary], None],
) -> None:
    """Report what comes from elsewhere on a connection from now on, before it is sent.

    silence: notes when the server was heard of. report: called with each untracked statement.
    report_end: called where the driver's own connection is about to end its transaction.
    """

    def report_untracked(query: Any, on: cursor) -> None:  # noqa: ANN401  # psycopg2's
        silence.note_message(on.connection)
        if not tracking.is_ours:
            report(_query_text(query, on))
        tracking.sent = True

    class TrackingCursor(cursor):
        def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002, ANN401  # psycopg2's
            report_untracked(query, self)
            super().execute(query, vars)
            silence.note_answer(self.connection)

        def executemany(self, query: Any, vars_list: Any) -> None:  # noqa: ANN401
            report_untracked(query, self)
            super().executemany(query, vars_list)

        def copy_expert(self, sql: Any, *arguments: Any, **named: Any) -> None:  # noqa: ANN401
            report_untracked(sql, self)
            super().copy_expert(sql, *arguments, **named)

        def copy_from(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401
            report_untracked("COPY", self)
            super().copy_from(*arguments, **named)

        def callproc(self, *arguments: Any) -> Any:  # noqa: ANN401
            report_untracked("CALL", self)
            return super().callproc(*arguments)

    def ended(commits: bool) -> None:  # noqa: FBT001  # the driver's connection says it so
        report_end(Boundary.COMMIT if commits else Boundary.ROLL_BACK)
        tracking.sent = False

    raw: Any = connection.connection.dbapi_connection
    raw.cursor_factory = TrackingCursor
    if isinstance(raw, WatchedConnection):
        raw.before_end = ended


def _query_text(query: str | bytes | Composable, of: cursor) -> str:
    if isinstance(query, Composable):
        return query.as_string(of)
    return query.decode(errors="replace") if isinstance(query, bytes) else query
