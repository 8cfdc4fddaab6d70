"""Run the text of operations on a database, as a revision that has it will run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from alembic_pg.database.connect import connect
from alembic_pg.database.errors import RefusedError
from alembic_pg.database.scratch import SCRATCH_SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import URL, Connection


class Session(Protocol):
    """A connection on which texts run, here or in another process; see `TextSession`."""

    def run(self, source: str) -> None:
        """Run a text."""

    def attempt(self, sources: Sequence[str]) -> RefusedError | None:
        """Run texts, or none of them."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""

    def execute(self, sql: str) -> None:
        """Execute a statement."""

    def commit(self) -> None:
        """End the transaction."""


class TextSession:
    """Run texts on a connection of this process; what is not committed is lost at its end."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def run(self, source: str) -> None:
        """Run a text: Python that calls ``op``. Raises RefusedError for whatever it raises."""
        context = MigrationContext.configure(connection=self.connection)
        names = {"op": Operations(context), "sa": sa}
        try:
            exec(source, names)  # noqa: S102  # it is what the revision will execute
        except Exception as error:
            raise RefusedError.of(error) from error

    def attempt(self, sources: Sequence[str]) -> RefusedError | None:
        """Run texts; return why one fails, if one does, and undo them all then.

        PostgreSQL may refuse it, and what Alembic renders may not even be Python that runs.
        """
        savepoint = self.connection.begin_nested()
        try:
            for source in sources:
                self.run(source)
        except RefusedError as error:
            savepoint.rollback()
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
def open_session(url: URL) -> Iterator[TextSession]:
    """Yield a session on a scratch database."""
    with connect(url, source=SCRATCH_SOURCE) as connection:
        yield TextSession(connection)
