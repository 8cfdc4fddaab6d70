"""Measure on a candidate which locks an operation takes, and whether it scans or rewrites a table.

Each operation runs in a transaction of its own. Its locks are then in pg_locks (PostgreSQL, 13.3.1
says what they conflict with), a table that was rewritten has another file, and a table that was
read from end to end has another number of scans.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql.lock_modes import LOCK_MODES
from alembic_pg.sql.quoting import readable_name

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.proof.candidate import Candidate
    from alembic_pg.revisions.trial.text_session import Session

# Indexes are locked along with their tables.
INDEX_RELKINDS = frozenset({"i", "I"})

_SELECT_RELATIONS = """
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_relation_filenode(c.oid)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""

_SELECT_LOCKS = f"""
SELECT found.*, lock.mode, coalesce(pg_stat_get_xact_numscans(lock.relation), 0) AS scans,
  lock.relation
FROM pg_locks AS lock LEFT JOIN ({_SELECT_RELATIONS}) AS found ON found.oid = lock.relation
WHERE lock.pid = pg_backend_pid() AND lock.locktype = 'relation' AND lock.relation >= 16384
"""  # noqa: S608  # both are here

# Locks are few, relations are many: each of the former looks up its own.
_PLANNER_SETTINGS = ("SET enable_hashjoin = off", "SET enable_mergejoin = off")


@dataclass(frozen=True)
class LockEffect:
    """Say what an operation does to those who use the database.

    lock: the strongest lock on a table, view or sequence that was there before; "none" without one.
    locked: the names of the objects that have this lock.
    duration: how long it lasts: "metadata" (the catalog only is changed), "scan" (a table is read)
    or "rewrite" (a table is written again).
    """

    lock: str
    locked: tuple[str, ...]
    duration: str


@dataclass(frozen=True)
class _Relation:
    name: str
    kind: str
    filenode: int | None


# Of what makes something new and touches nothing else.
NO_EFFECT = LockEffect("none", (), "metadata")


def measure_effects(
    candidate: Candidate, operations: Iterable[MigrateOperation], harmless: Collection[int] = ()
) -> Generator[LockEffect]:
    """Run operations on a candidate one by one, and yield the effect of each.

    harmless: the identities of those that have no effect and are not measured.
    """
    with candidate.session() as session:
        known = {
            oid: _Relation(readable_name(schema, name), kind, filenode)
            for oid, schema, name, kind, filenode in session.query(_SELECT_RELATIONS)
        }
        session.commit()
        for setting in _PLANNER_SETTINGS:
            session.execute(setting)
        session.commit()
        for operation in operations:
            if id(operation) in harmless:
                candidate.run_one(session, operation)
                session.commit()
                yield NO_EFFECT
                continue
            # Else scans of the transaction before would still be counted.
            session.execute("SELECT pg_stat_force_next_flush()")
            candidate.run_one(session, operation)
            effect = _read_effect(session, operation, known)
            session.commit()
            yield effect  # without a lock, so that the candidate can be asked


def _read_effect(
    session: Session, operation: MigrateOperation, known: dict[int, _Relation]
) -> LockEffect:
    """Return what an operation did; note what is there now."""
    locks: dict[str, int] = {}
    duration = "metadata"
    seen: dict[int, _Relation] = {}
    for found, schema, name, kind, filenode, lock, scans, oid in session.query(_SELECT_LOCKS):
        old = known.get(oid)
        if found is not None:
            seen[oid] = _Relation(readable_name(schema, name), kind, filenode)
        if old is None:
            continue
        if old.kind not in INDEX_RELKINDS:
            mode = LOCK_MODES.index(_documented_mode(lock))
            locks[old.name] = max(locks.get(old.name, 0), mode)
            if oid in seen and old.filenode != seen[oid].filenode and old.kind in {"r", "m"}:
                duration = "rewrite"
        if scans and duration == "metadata":
            duration = "scan"
    known.update(seen)
    if isinstance(operation, StatementOp) and operation.action == "backfill":
        duration = "rewrite"  # every row, which an empty candidate does not show
    strongest = max(locks.values(), default=None)
    if strongest is None:
        return LockEffect("none", (), duration)
    locked = tuple(sorted(name for name, mode in locks.items() if mode == strongest))
    return LockEffect(LOCK_MODES[strongest], locked, duration)


def _documented_mode(name: str) -> str:
    """Return a lock's name as the documentation has it, of AccessExclusiveLock, say."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name.removesuffix("Lock")).upper()
