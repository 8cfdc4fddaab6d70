"""Run the text of operations on a database, as a revision that has it will run."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from alembic_pg.console import status
from alembic_pg.database.batches import batches
from alembic_pg.database.connect import connect
from alembic_pg.database.errors import RefusedError
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.database.session import as_message
from alembic_pg.revisions.trial.known_texts import KnownTexts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import URL, Connection


class Session(Protocol):
    """A connection on which texts run, here or in another process; see `TextSession`."""

    def run(self, *sources: str) -> None:
        """Run texts."""

    def attempt(self, sources: Sequence[str]) -> RefusedError | None:
        """Run texts, or none of them."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""

    def execute(self, sql: str) -> None:
        """Execute a statement."""

    def commit(self) -> None:
        """End the transaction."""


class TextSession:
    """Run texts on a connection of this process; what is not committed is lost at its end.

    known: what texts have executed. Those that did so before are sent together, as they were, and
    so are the definitions of others.
    """

    def __init__(self, connection: Connection, known: KnownTexts | None = None) -> None:
        self.connection = connection
        self._known = KnownTexts() if known is None else known
        self._sent: list[str] = []
        self._asked = False
        self._waiting: list[str] = []
        sa.event.listen(connection, "before_cursor_execute", self._send_waiting)
        sa.event.listen(connection, "after_cursor_execute", self._note)

    def run(self, *sources: str) -> None:
        """Run texts: Python that calls ``op``. Raises RefusedError for whatever one raises."""
        done = 0
        try:
            for batch in batches(sources):
                if len(batch) < len(sources):
                    status.reached("operation", done + 1, len(sources))
                done += len(batch)
                for source in batch:
                    if source in self._known.executed:
                        self._waiting += self._known.executed[source]
                    else:
                        self._run_unknown(source)
                self._send_waiting()
        except Exception as error:
            self._waiting.clear()
            raise RefusedError.of(error) from error

    def _send_waiting(self, *_: object) -> None:
        """Send what waits in one message, in which percent signs are percent signs."""
        if self._waiting:
            message = as_message(self._waiting)
            self._waiting.clear()
            noted, asked = [*self._sent], self._asked
            self.connection.exec_driver_sql(message, execution_options={"no_parameters": True})
            self._sent, self._asked = noted, asked

    def _let_wait(self, statement: str) -> None:
        """Let a definition of a text wait, and note it as sent."""
        self._waiting.append(statement)
        self._sent.append(statement)

    def _run_unknown(self, source: str) -> None:
        """Run a text; note what it executes."""
        self._sent, self._asked = [], False
        exec(source, {"op": self._operations, "sa": sa})  # noqa: S102  # it is what the revision will execute
        if not self._asked:
            self._known.executed[source] = tuple(self._sent)

    @cached_property
    def _operations(self) -> Operations:
        # Here because a check that finds nothing tries nothing.
        from alembic_pg.revisions.trial.queueing_impl import let_definitions_wait  # noqa: PLC0415

        context = MigrationContext.configure(connection=self.connection)
        let_definitions_wait(context, self._let_wait)
        return Operations(context)

    def _note(self, _: Connection, cursor: Any, *arguments: Any) -> None:  # noqa: ANN401  # the driver's
        """Note a statement as the driver sent it; one that answers is a question."""
        many = arguments[-1]
        self._asked = self._asked or many or cursor.description is not None
        self._sent.append(cursor.query.decode())

    def attempt(self, sources: Sequence[str]) -> RefusedError | None:
        """Run texts; return why one fails, if one does, and undo them all then.

        PostgreSQL may refuse it, and what Alembic renders may not even be Python that runs.
        """
        savepoint = self.connection.begin_nested()
        # Which types it has made, Alembic remembers there.
        memo = self._operations.migration_context.impl.memo
        made = {kind: set(names) for kind, names in memo.items()}
        try:
            self.run(*sources)
        except RefusedError as error:
            savepoint.rollback()
            memo.clear()
            memo.update(made)
            return error
        savepoint.commit()
        return None

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return [tuple(row) for row in self.connection.execute(sa.text(sql))]

    def execute(self, sql: str) -> None:
        """Execute a statement that returns nothing."""
        self.connection.execute(sa.text(sql))

    def commit(self) -> None:
        """Commit; the next statement begins a transaction."""
        self.connection.commit()


@contextmanager
def open_session(url: URL, known: KnownTexts | None = None) -> Iterator[TextSession]:
    """Yield a session on a scratch database. known: what texts have executed elsewhere."""
    with connect(url, source=SCRATCH_SOURCE) as connection:
        yield TextSession(connection, known)
