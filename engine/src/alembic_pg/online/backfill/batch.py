"""Change some rows of a table in a short transaction, within a time limit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors, time_limits
from alembic_pg.database.session import as_message
from alembic_pg.refusals import of_batches
from alembic_pg.sql.row_ranges import NOTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from alembic_pg.online.run.executor import Executor
    from alembic_pg.sql.row_ranges import RowChange


@dataclass(frozen=True)
class Changed:
    """How many rows a batch has changed, and in how many seconds of the server's.

    Without the way there and back, what its transaction's end takes, and tries that came to
    nothing.
    """

    rows: int
    seconds: float


class TooLongError(Exception):
    """A batch has reached its time limit, and is taken back."""


@dataclass(frozen=True)
class Batch:
    """What changes some rows of a table in a short transaction.

    only: "" where that is the table with all that are part of it. settings: what each transaction
    begins with. done: how many rows each has changed.
    """

    executor: Executor
    table: str
    rows: RowChange
    settings: Sequence[str]
    done: list[int]
    only: str = "ONLY "

    def change(self, place: str, limit_ms: int = 0) -> Changed:
        """Change the rows of a place.

        limit_ms: how long that may take, 0 for as long as it takes. Raises TooLongError, which
        takes it back, where it takes longer.
        """
        # What its answer may take back, cannot be over before that.
        one_message = self.rows.may_match_again
        changing = self._noting(place) if one_message else self._counting(place)
        limits = [f"SET LOCAL statement_timeout = {limit_ms}"] if limit_ms else []
        began = 0.0

        def work() -> Changed:
            nonlocal began
            began = time.monotonic()
            return self._execute([*limits, *changing])

        try:
            plain = self.rows.statement_for(self.table, place, only=self.only)
            changed = self.executor.run_with_retries(work, plain, one_message=one_message)
        except DBAPIError as error:
            # Sooner, somebody has cancelled it. Where it was over just as the limit was, the next
            # statement fails.
            late = limit_ms and (time.monotonic() - began) * 1000 >= limit_ms
            if late and errors.sqlstate(error) == errors.SqlState.QUERY_CANCELED:
                raise TooLongError from error
            raise
        self.done.append(changed.rows)
        return changed

    def remaining_rows(self, place: str, limit: int) -> Sequence[Row[Any]]:
        """Return the tables and places of rows that are to be changed."""
        query = f"{self.rows.remaining_query(self.table, place, only=self.only)} LIMIT {limit}"
        work = partial(self.executor.fetch, self._message(query))
        return self.executor.run_with_retries(work, query, one_message=True)

    def _counting(self, place: str) -> list[str]:
        return [self.rows.counting_statement(self.table, place, only=self.only)]

    def _noting(self, place: str) -> list[str]:
        """Return what changes the rows of a place in a transaction that ends with its message."""
        noting = self.rows.noting_statement(self.table, place, only=self.only)
        return [noting, time_limits.END_STATEMENT_LIMIT, NOTED]

    def _message(self, *statements: str) -> str:
        return as_message([*self.executor.short_limits(), *self.settings, *statements])

    def _execute(self, statements: list[str]) -> Changed:
        """Execute a batch; raise UserError, which takes it back, where it would not end."""
        done, again, seconds = tuple(self.executor.one_row(self._message(*statements)))
        if again:
            refusal = of_batches.FINDS_AGAIN(self.table, again=again, done=done)
            raise self.executor.refused_error(refusal)
        return Changed(int(done), float(seconds))
