"""Report each statement that a revision sends past Alembic's operations, by op.get_bind() say.

The journal does not have such a statement, so a run must know of it. SQLAlchemy's events do not
see a cursor that a revision takes from the driver; the driver's own cursors see all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg2.extensions import cursor
from psycopg2.sql import Composable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from alembic_pg.revisions.silence import Silence


@dataclass
class Tracking:
    """Which statements of a connection are known.

    in_revision: whether a revision's own statements come now.
    depth: how many blocks are open whose statements are noted, or the run's own.
    """

    in_revision: bool = False
    depth: int = 0


def watch(
    connection: Connection, tracking: Tracking, silence: Silence, report: Callable[[str], None]
) -> None:
    """Report each untracked statement that a connection sends from now on, before it is sent."""

    def report_untracked(query: Any, on: cursor) -> None:  # noqa: ANN401  # psycopg2's
        silence.note_message(on.connection)
        if tracking.in_revision and not tracking.depth:
            report(_query_text(query, on))

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

    raw: Any = connection.connection.dbapi_connection
    raw.cursor_factory = TrackingCursor


def _query_text(query: str | bytes | Composable, of: cursor) -> str:
    if isinstance(query, Composable):
        return query.as_string(of)
    return query.decode(errors="replace") if isinstance(query, bytes) else query
