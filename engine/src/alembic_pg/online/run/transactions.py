"""Begin, commit and roll back the transaction that Alembic keeps; enter and leave autocommit."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection, RootTransaction


def begin(context: MigrationContext, connection: Connection) -> None:
    """Begin one, as the end of Alembic's own autocommit_block() does."""
    context._transaction = connection.begin()  # noqa: SLF001  # no public name


def commit(context: MigrationContext) -> None:
    """Commit the one that is open, if any, whoever began it; the context is then without."""
    transaction = _take_open(context)
    if transaction is not None:
        transaction.commit()


def roll_back(context: MigrationContext) -> None:
    """Roll back the one that is open, if any, whoever began it; the context is then without."""
    transaction = _take_open(context)
    if transaction is not None:
        transaction.rollback()


def _take_open(context: MigrationContext) -> RootTransaction | None:
    connection = context.connection
    context._transaction = None  # noqa: SLF001
    return connection.get_transaction() if connection is not None else None


def adopt(context: MigrationContext, connection: Connection) -> None:
    """Let the context have the transaction that the connection is in, or a new one."""
    current = connection.get_transaction()
    if current is None or context._transaction is not current:  # noqa: SLF001
        context._transaction = current or connection.begin()  # noqa: SLF001


def enter_autocommit(connection: Connection) -> None:
    """Let each statement be its own transaction; the connection has none before."""
    connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.begin()


@contextmanager
def autocommit(connection: Connection) -> Iterator[None]:
    """Let each statement of the block be its own transaction."""
    try:
        enter_autocommit(connection)
        yield
    finally:
        leave_autocommit(connection)


def is_autocommit(connection: Connection) -> bool:
    """Return whether each statement is its own transaction, since enter_autocommit()."""
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


def leave_autocommit(connection: Connection) -> None:
    """Undo enter_autocommit()."""
    transaction = connection.get_transaction()
    if connection.invalidated:
        return
    if transaction is not None:
        transaction.commit()
    level = connection.default_isolation_level or "READ COMMITTED"
    connection.execution_options(isolation_level=level)
