"""Execute statements verbatim and fetch values on the connection of a run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED
from sqlalchemy import text

from alembic_pg.database import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection, Row

    from alembic_pg.database.catalog import Relation

# SQLAlchemy then sends percent signs as they are.
_VERBATIM = {"no_parameters": True}


class Session:
    """A connection, in the transaction that there is, or in one for a question."""

    connection: Connection

    def execute(self, statement: str) -> int:
        """Execute a statement as it stands, in the transaction that there is; count its rows."""
        return self.connection.exec_driver_sql(statement, execution_options=_VERBATIM).rowcount

    def execute_all(self, statements: Iterable[str]) -> int:
        """Execute statements in one message: the server waits for nobody between two of them.

        Return how many rows the last one changed.
        """
        message = as_message(statements)
        return self.execute(message) if message else 0

    def scalar(self, question: str) -> Any:  # noqa: ANN401  # any value
        """Return what a question answers, as it stands, in the transaction that there is."""
        return self.connection.exec_driver_sql(question, execution_options=_VERBATIM).scalar()

    def value_after(self, statements: Sequence[str], question: str) -> Any:  # noqa: ANN401  # any value
        """Execute statements, and return what a question after them answers, in one message."""
        return self.scalar(as_message([*statements, question]))

    def fetch(self, query: str) -> Sequence[Row[Any]]:
        """Return what a query finds, as it stands, in the transaction that there is."""
        return self.connection.exec_driver_sql(query, execution_options=_VERBATIM).all()

    def one_row(self, query: str) -> Row[Any]:
        """Return the first row of what a query finds, as it stands, in the transaction there is."""
        return self.connection.exec_driver_sql(query, execution_options=_VERBATIM).one()

    def row_after(self, statements: Sequence[str], query: str) -> Row[Any]:
        """Execute statements, and return the first row of a query after them, in one message."""
        return self.one_row(as_message([*statements, query]))

    def fetch_rows(self, query: str, **parameters: Any) -> Sequence[Row[Any]]:  # noqa: ANN401  # any value
        """Return what a query finds, in the transaction that there is, or in its own."""
        if self.connection.in_transaction():
            return self.connection.execute(text(query), parameters).all()
        with one_a_message(self.connection), self.connection.begin():
            return self.connection.execute(text(query), parameters).all()

    def first_value(self, query: str, **parameters: Any) -> Any:  # noqa: ANN401  # any value
        """Return the first value that a query finds, or None."""
        found = self.fetch_rows(query, **parameters)
        return found[0][0] if found else None

    @contextmanager
    def undone_at_end(self) -> Iterator[None]:
        """Undo at the end what the block executes, in the transaction that there is or its own."""
        nested = self.connection.in_transaction()
        attempt = self.connection.begin_nested() if nested else self.connection.begin()
        try:
            yield
        finally:
            if attempt.is_active and not self.connection.invalidated:
                attempt.rollback()

    def name_before(self, table: Relation) -> tuple[str, str]:
        """Return the schema and the name by which the server knows a table that is copied."""
        return table.schema, table.name

    def text_to_explain(self, sql: str) -> str:
        """Return a statement as the server can explain it."""
        return sql

    def changes_to_come(self, sql: str) -> Sequence[tuple[str, str, float]]:
        """Return what a statement will do to rows, of which table, and of how many: nothing."""
        del sql
        return ()

    def alter_copy(self, table: Relation) -> None:
        """Let an empty copy of a table be as the next statement meets the table: it is."""

    def find_relation(self, name: str) -> Relation | None:
        """Return what a statement calls by a name, None when there is no such thing."""
        found = self.fetch_rows(catalog.FIND_RELATION, name=name)
        return catalog.Relation(**found[0]._mapping) if found else None  # noqa: SLF001  # its public name


def as_message(statements: Iterable[str]) -> str:
    """Return statements as one text, whatever comments they end with."""
    return "\n;\n".join(statements)


@contextmanager
def one_a_message(connection: Connection) -> Iterator[None]:
    """Let each message of the block be its own transaction, whatever number of statements it has.

    It needs neither BEGIN nor COMMIT, each of which is a way to the server and back. It has both
    where BEGIN says what no message would. connection: without a transaction, before and after.
    """
    raw: Any = connection.connection.dbapi_connection
    if raw.autocommit or _begin_says_more(connection, raw):
        yield
        return
    raw.autocommit = True
    try:
        yield
    finally:
        if not raw.closed:
            raw.autocommit = False


def _begin_says_more(connection: Connection, raw: Any) -> bool:  # noqa: ANN401  # psycopg2's
    """Return whether a transaction that begins with BEGIN is of another kind than a message's own.

    An environment may listen for it, as one with SET LOCAL ROLE does, or have asked for another
    isolation level, or for one that only reads.
    """
    usual = connection.default_isolation_level == "READ COMMITTED"
    levels = (None, ISOLATION_LEVEL_READ_COMMITTED) if usual else (None,)
    is_plain = raw.isolation_level in levels and raw.readonly is None and raw.deferrable is None
    return not is_plain or bool(connection.dispatch.begin)
