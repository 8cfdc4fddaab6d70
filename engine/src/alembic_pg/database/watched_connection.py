"""Tell when the driver's own connection is about to end its transaction, and let it end for sure.

A time limit that is over just as a statement ends is told of with the next message, which the
server then passes over. Where that was COMMIT or ROLLBACK, the transaction is still there, and
psycopg2 takes it for ended: it would send no ROLLBACK any more, and all that follows would fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg2 import Error
from psycopg2.errors import QueryCanceled
from psycopg2.extensions import STATUS_READY, TRANSACTION_STATUS_IDLE, connection

if TYPE_CHECKING:
    from collections.abc import Callable


class WatchedConnection(connection):
    """A connection that calls a function before it commits or rolls back.

    before_end: called with whether it commits; None without.
    """

    before_end: Callable[[bool], None] | None = None

    def commit(self) -> None:
        """Commit; where that fails, the transaction is rolled back."""
        self._report(commits=True)
        try:
            super().commit()
        except Error:
            self._end_failed()
            raise

    def rollback(self) -> None:
        """Roll back."""
        self._report(commits=False)
        try:
            super().rollback()
        except QueryCanceled:
            self._end_failed()

    def set_isolation_level(self, level: Any) -> None:  # noqa: ANN401  # psycopg2's
        """Set the level; psycopg2 rolls back before."""
        self._report(commits=False)
        super().set_isolation_level(level)

    def _end_failed(self) -> None:
        """Send ROLLBACK, even where psycopg2 holds it to be needless."""
        if not self._is_open():
            return
        if self.status != STATUS_READY:
            super().rollback()
            return
        before, self.autocommit = self.autocommit, True
        with self.cursor() as cursor:
            cursor.execute("ROLLBACK")
        self.autocommit = before

    def _report(self, *, commits: bool) -> None:
        if self.before_end is not None and self._is_open():
            self.before_end(commits)

    def _is_open(self) -> bool:
        return not self.closed and self.info.transaction_status != TRANSACTION_STATUS_IDLE
