"""Tell when the driver's own connection is about to end its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg2.extensions import TRANSACTION_STATUS_IDLE, connection

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
        super().commit()

    def rollback(self) -> None:
        """Roll back."""
        self._report(commits=False)
        super().rollback()

    def set_isolation_level(self, level: Any) -> None:  # noqa: ANN401  # psycopg2's
        """Set the level; psycopg2 rolls back before."""
        self._report(commits=False)
        super().set_isolation_level(level)

    def _report(self, *, commits: bool) -> None:
        open_ = not self.closed and self.info.transaction_status != TRANSACTION_STATUS_IDLE
        if self.before_end is not None and open_:
            self.before_end(commits)
