"""Hold an advisory lock so that only one run at a time works on a database."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from alembic_pg import events
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Row

# A session's advisory lock belongs to one database; the number only has to be nobody else's.
KEY = 7_263_947_105_518_420_361

# Seconds between two tries. A run that waited inside the server would hold a snapshot, for which
# CREATE INDEX CONCURRENTLY of the other run would wait.
PAUSE = 0.1

# Seconds until the first line about it is followed by another; each pause is twice as long.
_NOTICE_INTERVAL = 5.0

_HOLDER = text("""
    SELECT pid, coalesce(nullif(application_name, ''), 'unnamed') AS name, usename AS role,
      coalesce(host(client_addr), 'this machine') AS host,
      extract(epoch FROM clock_timestamp() - backend_start)::bigint AS seconds
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32) + objid::bigint = :key
""")


@contextmanager
def hold_run_lock(connection: Connection, *, limit: float = 0) -> Iterator[None]:
    """Hold the lock of this connection's database; say for whom it waits.

    connection: without a transaction, and given back without one. limit: seconds to wait at most,
    0 without an end.
    Raises UserError when that is not enough.
    """
    began = time.monotonic()
    tell = began
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": KEY}):
        now = time.monotonic()
        enough = limit and now - began > limit
        if enough or now >= tell:
            holder = _in_brackets(_find_holder(connection))
            waited = f"for {now - began:.0f} s" if now - began >= 1 else "from now on"
            if enough:
                raise UserError(
                    f"Another run is still at work on this database {holder}: "
                    "run the same command later."
                )
            line = f"Waiting {waited} for another run on this database {holder} …"
            events.tell(events.WAITING_FOR_RUN, line, seconds=round(now - began))
            tell = now + max(_NOTICE_INTERVAL, now - began)
        connection.rollback()
        time.sleep(PAUSE)
    connection.rollback()
    if tell > began:
        events.tell(
            events.RUN_ENDED, f"The other run has ended, after {time.monotonic() - began:.0f} s."
        )
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.rollback()
            connection.scalar(text("SELECT pg_advisory_unlock(:key)"), {"key": KEY})
            connection.rollback()


def refuse_beside_run(connection: Connection) -> None:
    """Raise UserError naming the run that is at work on the database, if there is one."""
    found = _find_holder(connection)
    if found is not None:
        raise UserError(
            f"A run is at work on this database {_in_brackets(found)}: "
            "run the same command when it has ended."
        )


def describe_running(connection: Connection) -> str:
    """Return which other session holds the lock, and for how long it is connected, "" for none.

    PostgreSQL shows from where and since when only to its own role and to pg_read_all_stats.
    """
    found = _find_holder(connection)
    if found is None:
        return ""
    if found.seconds is None:
        return f"process {found.pid} ({found.name}, of role {found.role})"
    return f"process {found.pid} ({found.name} on {found.host}) for {found.seconds} s"


def _find_holder(connection: Connection) -> Row[Any] | None:
    return connection.execute(_HOLDER, {"key": KEY}).first()


def _in_brackets(found: Row[Any] | None) -> str:
    """Return who holds the lock. found: None for who has ended meanwhile."""
    if found is None:
        return "(which has just ended)"
    if found.seconds is None:
        return f"(process {found.pid}: {found.name}, of role {found.role})"
    return f"(process {found.pid}: {found.name} on {found.host}, connected for {found.seconds} s)"
