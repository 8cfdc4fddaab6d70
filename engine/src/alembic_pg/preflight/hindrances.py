"""Find what a run would wait for, or disturb: old transactions, prepared ones, replicas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

# Seconds after which a transaction is told: a run tries again for longer than that by itself.
OLD = 10

# Those of other sessions, with the tables that they have locked. Any other autovacuum gives way.
_OLD_TRANSACTIONS = text("""
SELECT a.pid, coalesce(a.application_name, '') AS program, coalesce(a.usename, '') AS role,
  extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.backend_start))::float AS seconds,
  coalesce(a.state, '') AS state,
  coalesce(a.query, '') LIKE 'autovacuum: % (to prevent wraparound)' AS wraparound,
  ARRAY(SELECT DISTINCT l.relation::regclass::text FROM pg_locks AS l
    JOIN pg_class AS c ON c.oid = l.relation
    WHERE l.pid = a.pid AND l.locktype = 'relation' AND l.granted AND relkind IN ('r', 'p', 'm')
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.relation >= 16384 ORDER BY 1) AS tables
FROM pg_stat_activity AS a
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND (coalesce(backend_type, 'client backend') = 'client backend'
    OR a.query LIKE 'autovacuum: % (to prevent wraparound)')
  AND (xact_start < clock_timestamp() - :old * interval '1 second'
    OR (xact_start IS NULL AND backend_xid IS NOT NULL))
ORDER BY xact_start
""")

# Of which this role sees neither the age nor the state.
_HIDDEN = text("""
SELECT count(*) AS number, current_user AS role FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state IS NULL
  AND backend_type IS NULL
""")

_PREPARED = text("""
SELECT gid, owner AS role, extract(epoch FROM clock_timestamp() - prepared)::float AS seconds,
  ARRAY(SELECT DISTINCT relation::regclass::text FROM pg_locks AS l
    WHERE l.locktype = 'relation' AND l.granted AND l.relation >= 16384
      AND l.virtualtransaction = '-1/' || p.transaction::text ORDER BY 1) AS tables
FROM pg_prepared_xacts AS p WHERE database = current_database() ORDER BY prepared
""")

_REPLICAS = text("""
SELECT coalesce(nullif(application_name, ''), 'a replica') AS name, coalesce(state, '') AS state,
  extract(epoch FROM replay_lag)::float AS seconds, sync_state LIKE 'sync%' AS synchronous
FROM pg_stat_replication ORDER BY 1
""")

_AWAITED = text("""
SELECT current_setting('synchronous_standby_names') AS names
WHERE current_setting('synchronous_standby_names') <> ''
  AND current_setting('synchronous_commit') NOT IN ('off', 'local')
  AND NOT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))
""")

_SLOTS = text("""
SELECT slot_name AS name, wal_status AS status FROM pg_replication_slots
WHERE NOT active AND wal_status IN ('extended', 'unreserved', 'lost') ORDER BY 1
""")

# Seconds of lag after which a replica is told.
_LAGS = 10


@dataclass(frozen=True)
class Hindrance:
    """Something in the way of a run.

    kind: transaction, prepared transaction, vacuum, replica or slot. name: what a person calls it.
    text: as a sentence. blocks: whether a run would wait for its end. seconds: its age or lag.
    """

    kind: str
    name: str
    text: str
    blocks: bool
    seconds: float | None = None
    tables: tuple[str, ...] = ()


def find_hindrances(connection: Connection, old: float = OLD) -> list[Hindrance]:
    """Return what is in the way now. old: seconds after which a transaction is told.

    connection: to the target, without a transaction, and given back without one.
    """
    with connection.begin():
        return [
            *_transactions(connection, old),
            *_prepared(connection),
            *_replicas(connection),
        ]


def _transactions(connection: Connection, old: float) -> Iterator[Hindrance]:
    for row in connection.execute(_OLD_TRANSACTIONS, {"old": old}):
        name = f"process {row.pid}"
        about = ", ".join(filter(None, (row.program, row.role)))
        who = f"{name} ({about})" if about else name
        tables = tuple(row.tables)
        has = f" has locked {', '.join(tables)}" if tables else " keeps its snapshot"
        if row.wraparound:
            told = f"Autovacuum, {name}, is at work on {', '.join(tables)} to prevent wraparound."
            yield Hindrance("vacuum", name, told, bool(tables), row.seconds, tables)
            continue
        idle = ", idle in its transaction," if row.state.startswith("idle in") else ""
        told = f"{who}{idle}{has}, for {duration(row.seconds)}."
        told = told[0].upper() + told[1:]
        yield Hindrance("transaction", name, told, blocks=True, seconds=row.seconds, tables=tables)
    hidden = connection.execute(_HIDDEN).one()
    if hidden.number:
        told = (
            f"{hidden.role} may not see how long {hidden.number} sessions of other roles have had "
            f"a transaction: GRANT pg_read_all_stats TO {quote_name(hidden.role)}."
        )
        yield Hindrance("transaction", "sessions of other roles", told, blocks=False)


def _prepared(connection: Connection) -> Iterator[Hindrance]:
    for row in connection.execute(_PREPARED):
        tables = tuple(row.tables)
        has = f" has locked {', '.join(tables)}" if tables else " is open"
        told = (
            f"The prepared transaction {row.gid} of {row.role}{has}, for {duration(row.seconds)}: "
            "COMMIT PREPARED or ROLLBACK PREPARED ends it."
        )
        kind = "prepared transaction"
        yield Hindrance(kind, row.gid, told, blocks=True, seconds=row.seconds, tables=tables)


def _replicas(connection: Connection) -> Iterator[Hindrance]:
    for row in connection.execute(_AWAITED):
        told = f"No synchronous standby of {row.names} is there: each COMMIT waits for one."
        yield Hindrance("replica", row.names, told, blocks=True)
    for row in connection.execute(_REPLICAS):
        if row.state == "":
            told = f"The state of replica {row.name} is not shown to this role: pg_monitor sees it."
            yield Hindrance("replica", row.name, told, blocks=False)
        elif row.state != "streaming":
            told = f"Replica {row.name} is not streaming ({row.state})."
            yield Hindrance("replica", row.name, told, blocks=False)
        elif (row.seconds or 0) > _LAGS:
            lag = duration(row.seconds)
            told = f"Replica {row.name} lags {lag}: a change in batches waits for it."
            yield Hindrance("replica", row.name, told, blocks=False, seconds=row.seconds)
    for row in connection.execute(_SLOTS):
        told = (
            f"Replication slot {row.name} is not in use and keeps WAL ({row.status}): what is "
            "written meanwhile stays on the disk."
        )
        yield Hindrance("slot", row.name, told, blocks=False)


def duration(seconds: float) -> str:
    """Return a time in the unit that fits: 12 s, 3 min, 5 h."""
    if seconds < 100:  # noqa: PLR2004  # s up to here
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.0f} h"  # noqa: PLR2004  # min up to here
