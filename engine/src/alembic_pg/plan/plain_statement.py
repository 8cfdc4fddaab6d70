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
from alembic_pg.sql import lock_modes, parser, split, statements

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.plan.planned_catalog import PlannedCatalog


def summarize(catalog: PlannedCatalog, sql: str, table: Relation | None) -> ExecutionSummary:
    """Return the lock that a statement takes, and what it does to the rows of its table.

    table: the one that it is about, None where that was not there before the plan.
    """
    lock = lock_modes.strongest_lock(sql)[0]
    statement = parser.parse(sql)
    if table is None:
        index = isinstance(statement, statements.DropIndex)
        return ExecutionSummary("", lock if index else "", METADATA_ONLY)
    if isinstance(statement, statements.ValidateConstraint):
        return ExecutionSummary("", lock, SCAN_BESIDE_TRAFFIC)
    if isinstance(statement, statements.AddPartition):
        reads = attach_partition.tables_to_read(catalog, statement, table)
        return ExecutionSummary("", lock, SCAN if reads else METADATA_ONLY)
    cursor = split.first_statement(sql)
    nature = METADATA_ONLY
    if cursor.accept("REFRESH", "MATERIALIZED", "VIEW", "CONCURRENTLY"):
        nature = SCAN_BESIDE_TRAFFIC  # it writes what differs
    elif cursor.accept_any("UPDATE", "DELETE", "MERGE", "REFRESH"):
        nature = REWRITE
    elif cursor.accept_any("CREATE INDEX", "CREATE UNIQUE INDEX"):
        nature = SCAN
    elif cursor.accept("ALTER", "TABLE"):
        nature = _effect_of_alter(catalog, sql, table)
    return ExecutionSummary("", lock, nature)


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
