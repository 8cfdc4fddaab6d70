"""Say what happens to others while a statement is executed as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.strategies import add_column, attach_partition, other_alter_table
from alembic_pg.online.strategies.strategy import (
    METADATA_ONLY,
    REWRITE,
    SCAN,
    SCAN_BESIDE_TRAFFIC,
    ExecutionSummary,
)
from alembic_pg.plan.earlier_statements import alter_action
from alembic_pg.sql import lock_modes, parser, plpgsql, split, statements

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.plan.planned_catalog import PlannedCatalog

# From the least to the most.
_EFFECTS = (METADATA_ONLY, SCAN_BESIDE_TRAFFIC, SCAN, REWRITE)

_EFFECT_OF = {
    "REFRESH MATERIALIZED VIEW CONCURRENTLY": SCAN_BESIDE_TRAFFIC,  # it writes what differs
    "REFRESH": REWRITE,
    "UPDATE": REWRITE,
    "DELETE": REWRITE,
    "MERGE": REWRITE,
    "CREATE INDEX": SCAN,
    "CREATE UNIQUE INDEX": SCAN,
    "ALTER DOMAIN": SCAN,
}

_ABOUT_INDEXES = ("DROP INDEX", "ALTER INDEX")


def summarize(catalog: PlannedCatalog, sql: str, table: Relation | None) -> ExecutionSummary:
    """Return the lock that a text takes, and what it does to rows: the most of its statements.

    table: the one that it is about, None where that was not there before the plan.
    """
    parts = plpgsql.all_statements(sql)
    locks = [lock_modes.strongest_lock(part)[0] for part in parts]
    if isinstance(parser.parse(sql), statements.AlterDomain):
        locks = ["SHARE"]  # of each table that has it
    lock = max(filter(None, locks), key=lock_modes.LOCK_MODES.index, default="")
    if table is None:
        return ExecutionSummary("", lock if _is_about_index(catalog, sql) else "", METADATA_ONLY)
    effects = [_effect_of(catalog, part, table if part == sql else None) for part in parts]
    return ExecutionSummary("", lock, max(effects, key=_EFFECTS.index))


def _effect_of(catalog: PlannedCatalog, sql: str, table: Relation | None) -> str:
    """Return what one statement does to the rows of its table. table: None where it is to find."""
    statement = parser.parse(sql)
    if table is None:
        names = lock_modes.locked_tables(sql)[1]
        table = next(filter(None, map(catalog.find_relation, names)), None)
    if table is None:
        return METADATA_ONLY
    if isinstance(statement, statements.ValidateConstraint):
        return SCAN_BESIDE_TRAFFIC
    if isinstance(statement, statements.AddPartition):
        reads = attach_partition.tables_to_read(catalog, statement, table)
        return SCAN if reads else METADATA_ONLY
    if split.first_statement(sql).accept("ALTER", "TABLE"):
        return _effect_of_alter(catalog, sql, table)
    said = split.first_statement(sql).accept_any(*_EFFECT_OF)
    return _EFFECT_OF.get(said, METADATA_ONLY)


def _is_about_index(catalog: PlannedCatalog, sql: str) -> bool:
    """Return whether a text drops or alters an index that was there: its table is locked, too."""
    if isinstance(parser.parse(sql), statements.DropIndex):
        return True
    cursors = [one for one in split.statement_cursors(sql) if one.accept_any(*_ABOUT_INDEXES)]
    names = [name for one in cursors for name in lock_modes.locked_tables(one.whole_text())[1]]
    return any(catalog.find_relation(name) is not None for name in names)


def _effect_of_alter(catalog: PlannedCatalog, sql: str, table: Relation) -> str:
    """Return what an ALTER TABLE does to all rows."""
    effect = other_alter_table.effect_of_actions(catalog, alter_action(sql), table)
    if effect.rewrites:
        return REWRITE
    # A temporary table has no foreign keys to others, whose rows are then looked at.
    statement = parser.parse(sql)
    if isinstance(statement, statements.AddColumn):
        reads = add_column.fills_key(statement)
    else:
        reads = "REFERENCES" in sql.upper() and "NOT VALID" not in sql
    return SCAN if effect.scans or (effect.unknown and reads) else METADATA_ONLY
