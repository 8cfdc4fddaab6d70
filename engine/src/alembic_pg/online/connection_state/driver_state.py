"""Tell in which state the driver's own connection is, whoever has brought it there."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg2 import extensions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection


def is_autocommit(connection: Connection) -> bool:
    """Return whether each statement is its own transaction now.

    It is, too, after a COMMIT that was sent as a text: the driver has not seen it.
    """
    raw: Any = connection.connection.dbapi_connection
    return raw.autocommit or (_is_idle(raw) and raw.status == extensions.STATUS_BEGIN)


def has_failed(connection: Connection) -> bool:
    """Return whether the open transaction can only be rolled back."""
    raw: Any = connection.connection.dbapi_connection
    return bool(raw.info.transaction_status == extensions.TRANSACTION_STATUS_INERROR)


def has_no_transaction(connection: Connection) -> bool:
    """Return whether the driver is to begin one with the next statement."""
    raw: Any = connection.connection.dbapi_connection
    return _is_idle(raw) and raw.status == extensions.STATUS_READY and not raw.autocommit


@contextmanager
def rolled_back_at_error(connection: Connection) -> Iterator[None]:
    """Roll back what the driver has open where an event of SQLAlchemy's COMMIT fails in the block.

    SQLAlchemy takes its transaction for ended then, and would not roll it back.
    """
    try:
        yield
    except BaseException:
        raw: Any = connection.connection.dbapi_connection
        if not (connection.invalidated or raw.closed or _is_idle(raw)):
            raw.rollback()
        raise


def _is_idle(raw: Any) -> bool:  # noqa: ANN401  # psycopg2's
    return bool(raw.info.transaction_status == extensions.TRANSACTION_STATUS_IDLE)
