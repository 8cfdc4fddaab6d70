"""One run at a time on a database: the second waits, and then sees what the first did."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

# A session's advisory lock belongs to one database; the number only has to be nobody else's.
KEY = 7_263_947_105_518_420_361

# Seconds between two tries. A run that waited inside the server would hold a snapshot, for which
# CREATE INDEX CONCURRENTLY of the other run would wait.
PAUSE = 0.1

_HOLDER = text("""
    SELECT pid FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32) + objid::bigint = :key
""")


@contextmanager
def held(connection: Connection) -> Iterator[None]:
    """Hold the lock of this connection's database; say for whom it waits.

    connection: without a transaction, and given back without one.
    """
    told = False
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": KEY}):
        if not told:
            holder = connection.scalar(_HOLDER, {"key": KEY})
            sys.stderr.write(f"Waiting for another run on this database (process {holder}) …\n")
            told = True
        connection.rollback()
        time.sleep(PAUSE)
    connection.rollback()
    try:
        yield
    finally:
        connection.rollback()
        if not connection.invalidated:
            connection.scalar(text("SELECT pg_advisory_unlock(:key)"), {"key": KEY})
            connection.rollback()
