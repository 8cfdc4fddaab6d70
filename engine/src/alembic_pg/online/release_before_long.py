"""Commit the open transaction before a long statement, so that no strong lock is held meanwhile.

A lock is held until its transaction ends (PostgreSQL, 13.3.1), however short the statement was that
took it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import dropped_objects, planned_changes
from alembic_pg.sql import split
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from alembic_pg.online.run.revision_runner import Runner

# Locks of this transaction that keep others from writing; what it has dropped has no size.
_LOCKED_RELATIONS = """
SELECT DISTINCT relation AS oid, relation::regclass::text AS name,
  coalesce(pg_total_relation_size(relation), 0) AS size FROM pg_locks
WHERE pid = pg_backend_pid() AND granted AND locktype = 'relation' AND mode IN (
  'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""

# What the planner tells the costs of.
_EXPLAINABLE = {"SELECT", "INSERT", "WITH"}

# What it does not, and what reads a lot beside traffic.
_LONG_COMMANDS = ("REFRESH MATERIALIZED VIEW", "ANALYZE", "VALIDATE CONSTRAINT")

# Pages to read, or as much work (19.7.2): about 8 MB, a tenth of a second.
_COST_LIMIT = 1000


def release_locks(runner: Runner, sql: str) -> None:
    """Commit what a revision did so far, where a large table would else wait for a statement."""
    if runner.single_transaction_reason or runner.in_autocommit_block or not runner.executed:
        return
    # EXPLAIN explains the first of several statements, and the others would be executed.
    parts = [part for part in split.statement_texts(sql) if _may_read_much(part)]
    if not parts:
        return
    held = [
        row.name
        for row in runner.fetch_rows(_LOCKED_RELATIONS)
        if row.oid in runner.existing_tables and row.size > runner.settings.large_table
    ]
    if held and any(_takes_long(runner, part) for part in parts):
        table = runner.find_relation(held[0])
        assert table is not None, "the catalog has just named it"  # noqa: S101
        dropped_objects.refuse_missing_objects(runner, table)
        runner.run_pending()
        runner.commit()
        runner.begin()


def _keywords(sql: str) -> str:
    return " ".join(token.keyword for token in tokenize(sql) if token.keyword)


def _may_read_much(sql: str) -> bool:
    """Return whether a statement may read a lot."""
    words = _keywords(sql)
    first = words.partition(" ")[0]
    created = first == "CREATE" and (" AS " in words and " SELECT " in words)
    return first in _EXPLAINABLE or created or any(said in words for said in _LONG_COMMANDS)


def _takes_long(runner: Runner, sql: str) -> bool:
    words = _keywords(sql)
    if any(said in words for said in _LONG_COMMANDS):
        return True
    try:
        plan = planned_changes.explain(runner, sql)
    except DBAPIError as error:
        lock_retry.reraise_if_no_answer(error)
        return False  # PostgreSQL says why, or it is none that is planned
    return bool(plan["Total Cost"] > _COST_LIMIT)
