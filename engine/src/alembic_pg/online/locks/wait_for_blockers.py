"""Wait for long transactions before requesting a strong lock, so that nobody queues behind us.

Behind a statement that queues for a strong lock everybody else queues (PostgreSQL, 13.3.1), also
those who would not conflict with its holder. So pg_locks is polled until long transactions end.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.locks import lock_retry
from alembic_pg.sql import lock_modes
from alembic_pg.sql.lock_modes import LOCK_MODES, WEAKEST_EXCLUDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from alembic_pg.database.session import Session
    from alembic_pg.online.locks.lock_retry import RetryBudget
    from alembic_pg.options import Settings

# Seconds: from when on a transaction is a long one, and between two looks.
_LONG_SECONDS, _POLL_SECONDS = 0.1, 0.02

# The oldest transactions come first. Of other roles' sessions a role may not see the age: which of
# them are long it learns by looking for that long.
_LOCK_HOLDERS = f"""
WITH named AS (
  SELECT to_regclass(name) AS oid FROM unnest(CAST(:names AS text[])) AS name),
dropped AS (
  SELECT to_regclass(split_part(name, chr(1), 1)) AS oid, split_part(name, chr(1), 2) AS key
  FROM unnest(CAST(:dropped AS text[])) AS name),
wanted AS (
  SELECT oid FROM named
  UNION SELECT unnest(ARRAY[conrelid, confrelid]) FROM pg_constraint
    JOIN dropped ON dropped.oid IN (conrelid, confrelid) WHERE contype = 'f'
      AND (key = '' OR key = conname AND conrelid = dropped.oid)
  UNION SELECT indrelid FROM pg_index JOIN named ON indexrelid = oid
  UNION SELECT relid FROM named, pg_partition_tree(oid))
SELECT lock.virtualtransaction AS transaction, lock.relation::regclass::text AS relation,
  lock.mode = 'ShareUpdateExclusiveLock' AS maintenance,
  extract(epoch FROM clock_timestamp() - {lock_retry.BEGAN})::float AS age,
  {lock_retry.ACTIVITY_COLUMNS}
FROM pg_stat_clear_snapshot(), {lock_retry.LOCKS}
WHERE lock.granted AND lock.locktype = 'relation'
  AND lock.pid IS DISTINCT FROM pg_backend_pid()
  AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND lock.relation IN (SELECT oid FROM wanted) AND lock.mode = ANY (:modes)
ORDER BY {lock_retry.BEGAN} NULLS LAST
"""  # noqa: S608  # it is ours

# PostgreSQL ends an autovacuum for whoever waits that long, which short tries never do. In this
# mode nobody who reads or writes queues behind.
_DEADLOCK_TIMEOUT = """
SELECT set_config('lock_timeout', (setting::int + 500)::text, true)
FROM pg_settings WHERE name = 'deadlock_timeout'
"""


def wait(
    session: Session, settings: Settings, statements: Sequence[str], budget: RetryBudget
) -> None:
    """Wait until no long transaction holds what statements would queue for, or lock_aside is over.

    statements: of one transaction, which holds no lock yet.
    """
    wanted = [lock_modes.locked_tables(statement) for statement in statements]
    wanted = [(mode, names) for mode, names in wanted if mode in WEAKEST_EXCLUDED]
    if not wanted or not settings.lock_aside:
        return
    weakest = min(LOCK_MODES.index(WEAKEST_EXCLUDED[mode]) for mode, _ in wanted)
    parameters = {
        "names": sorted({name for _, names in wanted for name in names}),
        "dropped": sorted(
            f"{name}\1{key}"
            for statement in statements
            for name, key in lock_modes.dropped_keys(statement)
        ),
        "modes": [mode.title().replace(" ", "") + "Lock" for mode in LOCK_MODES[weakest:]],
    }
    seen: dict[str, float] = {}
    began = time.monotonic()
    limit = min(settings.lock_aside / 1000, budget.seconds_left())
    while (now := time.monotonic()) < began + limit:
        holders = session.fetch_rows(_LOCK_HOLDERS, **parameters)
        long = [row for row in holders if _transaction_age(row, seen, now) >= _LONG_SECONDS]
        known = now >= began + _LONG_SECONDS or all(row.age is not None for row in holders)
        if known and not long:
            return
        if now > began + settings.lock_timeout / 1000:
            for row in long[:1]:
                budget.report_holder(lock_retry.describe_lock_use(row))
            for row in [row for row in long if row.maintenance][:1]:
                _end_autovacuum(session, row.relation)
        time.sleep(_POLL_SECONDS)


def _transaction_age(row: Row[Any], seen: dict[str, float], now: float) -> float:
    """Return for how long somebody has had a transaction, as far as can be known."""
    if row.backend_type == "autovacuum worker":
        return math.inf  # it has just begun, and does not end soon
    return max(row.age or 0, now - seen.setdefault(row.transaction, now))


def _end_autovacuum(session: Session, table: str) -> None:
    """Let PostgreSQL end an autovacuum of a table, if it is one; it will begin again later."""
    with suppress(DBAPIError), session.undone_at_end():
        session.fetch_rows(_DEADLOCK_TIMEOUT)
        session.execute(f"LOCK TABLE ONLY {table} IN SHARE UPDATE EXCLUSIVE MODE")
