"""Run each revision in one transaction with a short lock_timeout, and retry it (``-x online=off``).

A revision is one transaction then. While it waits for a lock, others queue behind it no longer than
lock_timeout; it is rolled back, and run again from its top.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors, preflight
from alembic_pg.database.session import Session
from alembic_pg.errors import UserError
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import journal, violations
from alembic_pg.online.run.transactions import roll_back
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from alembic_pg.options import Settings
    from alembic_pg.revisions.current_revision import RunState


# not_null_violation (Appendix A).
_NOT_NULL_VIOLATION = "23502"


@dataclass(frozen=True)
class TransactionalRunner(Session):
    """The run; connection: its own, without a transaction of a caller."""

    context: MigrationContext
    connection: Connection
    settings: Settings
    running: RunState

    def start(self) -> None:
        """Set what the session needs; the connection has no transaction before and after.

        Raises UserError when an online run left a revision half done.
        """
        with self.connection.begin():
            note = journal.read_note(self.connection, journal.version_table_name(self.context))
            if note is not None:
                raise UserError(
                    f"The {note.direction} of revision {note.revision} is half done: "
                    "finish it by the same command without -x online=off."
                )
            self._set_lock_timeout(self.settings.lock_timeout)
        self.running.wrap_function = self.wrap_revision
        block = self.context.autocommit_block

        @contextmanager
        def unlimited() -> Iterator[None]:
            # What blocks nobody may wait, and CREATE INDEX CONCURRENTLY that gives up leaves one.
            with block():
                self._set_lock_timeout(0)
                try:
                    yield
                finally:
                    if not self.connection.invalidated:
                        self._set_lock_timeout(self.settings.lock_timeout)

        self.context.autocommit_block = unlimited  # type: ignore[method-assign]  # of this one

    def wrap_revision(self, step: Any, function: Callable[..., None]) -> Callable[..., None]:  # noqa: ANN401  # Alembic's step
        """Return a revision's function that is tried until it gets its locks."""
        del step

        @functools.wraps(function)
        def run(**options: Any) -> None:  # noqa: ANN401  # as Alembic types them
            schema = self.context.version_table_schema
            preflight.require_writable(self.connection, schema, first=not self.running.heads)
            label = self.running.label
            budget = lock_retry.RetryBudget(label, self.settings.lock_patience / 1000)
            while True:
                try:
                    function(**options)
                except DBAPIError as error:
                    if self.running.partly_committed:
                        raise  # what an autocommit block did is committed, and not done twice
                    if not lock_retry.is_retryable(error):
                        self._explain(error)
                        raise
                    roll_back(self.context)
                    budget.pause_or_give_up(self.connection, error.statement or "")
                    self.context._transaction = self.connection.begin()  # noqa: SLF001  # as autocommit_block()
                else:
                    return

        return run

    def _explain(self, error: DBAPIError) -> None:
        """Raise UserError, once all is rolled back, where a column with nulls becomes NOT NULL."""
        place = getattr(error.orig, "diag", None)
        if errors.sqlstate(error) != _NOT_NULL_VIOLATION or not (place and place.column_name):
            return
        roll_back(self.context)
        column = quote_name(place.column_name)
        why = ""
        # The revision itself may have made them, or given them other names.
        with suppress(DBAPIError):
            table = self.find_relation(quote_name(place.schema_name, place.table_name))
            what = f"have no {column}, which becomes NOT NULL"
            why = (
                violations.describe_wrong_rows(self, table, f"{column} IS NULL", what)
                if table
                else ""
            )
        if why:
            raise UserError(
                f"{self.running.label} stops: {why} The database is as it was before it."
            ) from error

    def _set_lock_timeout(self, milliseconds: int) -> None:
        self.connection.exec_driver_sql(f"SET lock_timeout = {milliseconds}")
