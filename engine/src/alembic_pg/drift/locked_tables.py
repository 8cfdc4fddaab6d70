"""Say which table somebody keeps locked, so that a dump cannot read it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

# Milliseconds that pg_dump waits for the weakest lock of a table, and the application behind it.
LOCK_TIMEOUT = 2000

_LOCKED = text("""
SELECT relation::regclass::text AS name, pid FROM pg_locks
WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND relation >= 16384
""")


@contextmanager
def locked_table_told(connection: Connection) -> Iterator[None]:
    """Tell of a dump that waited for too long whom it waited for.

    connection: to the dumped database. Raises UserError that names the table and the process.
    """
    try:
        yield
    except UserError as error:
        if "IN ACCESS SHARE MODE" not in str(error) or "permission" in str(error):
            raise
        connection.rollback()
        with connection.begin():
            held = connection.execute(_LOCKED).first()
        what = f"{held.name} (process {held.pid})" if held else "a table"
        raise UserError(
            f"Somebody keeps {what} locked for longer than {LOCK_TIMEOUT / 1000:.0f} s, so that "
            "it cannot be read: run the same command later."
        ) from error
