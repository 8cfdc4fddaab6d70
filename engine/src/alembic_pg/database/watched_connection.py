"""Tell when the driver's own connection is about to end its transaction, and see that it ends.

COMMIT and ROLLBACK are statements that a timeout or a person may cancel: the server is then still
in the transaction, which can only be rolled back, and the driver is not, or the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg2 import Error
from psycopg2.extensions import (
    STATUS_READY,
    TRANSACTION_STATUS_IDLE,
    TRANSACTION_STATUS_INERROR,
    connection,
    cursor,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class WatchedConnection(connection):
    """A connection that calls a function before it commits or rolls back.

    before_end: called with whether it commits; None without.
    """

    before_end: Callable[[bool], None] | None = None

    def commit(self) -> None:
        """Commit."""
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
        except Error:
            if not self._end_failed():
                raise

    def set_isolation_level(self, level: Any) -> None:  # noqa: ANN401  # psycopg2's
        """Set the level; psycopg2 rolls back before."""
        self._report(commits=False)
        super().set_isolation_level(level)

    def _report(self, *, commits: bool) -> None:
        open_ = not self.closed and self.info.transaction_status != TRANSACTION_STATUS_IDLE
        if self.before_end is not None and open_:
            self.before_end(commits)

    def _end_failed(self) -> bool:
        """Roll back where the server is still in the transaction; return whether that was so."""
        if self.closed or self.info.transaction_status != TRANSACTION_STATUS_INERROR:
            return False
        if self.status != STATUS_READY:
            super().rollback()
            return True
        # The driver takes its transaction for ended, and would begin one with the next statement.
        self.autocommit = True
        try:
            with cursor(self) as ending:
                ending.execute("ROLLBACK")
        finally:
            self.autocommit = False
        return True
