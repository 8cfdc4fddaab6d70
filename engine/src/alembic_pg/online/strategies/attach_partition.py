"""Add or attach a partition after CHECKs, validated beside traffic, have proved that all rows fit.

Else PostgreSQL reads the table that is attached, and the default partition, while nobody can use
them; it does not where a CHECK says that the rows fit (ALTER TABLE, ATTACH PARTITION).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.ensure import constraint
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import large_tables, probe_table, violations
from alembic_pg.online.run.helper_names import helper_name
from alembic_pg.online.run.signals import RefusedError
from alembic_pg.online.strategies.strategy import (
    ACCESS_EXCLUSIVE,
    METADATA_ONLY,
    SCAN_BESIDE_TRAFFIC,
    Strategy,
    strategy,
)
from alembic_pg.refusals import of_batches, of_statements
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Row

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import AddPartition

# The other partitions decide about what the default one holds.
_PARENT = """
SELECT pg_get_partkeydef(:table) AS key, pg_get_partition_constraintdef(:table) AS own,
  (SELECT partdefid::regclass::text FROM pg_partitioned_table
    WHERE partrelid = :table AND partdefid <> 0) AS default,
  ARRAY(SELECT pg_get_expr(relpartbound, oid) FROM pg_class JOIN pg_inherits ON inhrelid = oid
    WHERE inhparent = :table ORDER BY oid) AS bounds
"""

_PARTITION_CONDITION = (
    "SELECT pg_get_partition_constraintdef(to_regclass('pg_temp.ddl_probe_part'))"
)
_PROBE_OID = "SELECT to_regclass('pg_temp.ddl_probe')::oid"
_PARTITION_SCANS = """
SELECT sum(pg_stat_get_xact_numscans(oid)) FROM pg_class
WHERE oid IN (to_regclass('pg_temp.ddl_probe_part'), to_regclass('pg_temp.ddl_probe_rest'))
"""

# What PostgreSQL would build or look through, for want of one that is the same.
MISSING_PARTS = """
SELECT 'index' AS kind, c.relname AS name, '' AS definition
FROM pg_index AS i JOIN pg_class AS c ON c.oid = indexrelid
  LEFT JOIN pg_constraint AS k ON conindid = indexrelid AND conrelid = indrelid
WHERE indrelid = :parent AND NOT EXISTS (
  SELECT FROM pg_index AS o LEFT JOIN pg_constraint AS own
    ON own.conindid = o.indexrelid AND own.conrelid = o.indrelid
  WHERE o.indrelid = :table AND o.indisvalid AND o.indisunique = i.indisunique
    AND substring(pg_get_indexdef(o.indexrelid), ' USING .*')
      = substring(pg_get_indexdef(i.indexrelid), ' USING .*')
    AND (k.oid IS NULL OR own.contype = k.contype))
UNION ALL
SELECT 'foreign key', conname, pg_get_constraintdef(k.oid) FROM pg_constraint AS k
WHERE conrelid = :parent AND contype = 'f' AND NOT EXISTS (
    SELECT FROM pg_constraint AS p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)
  AND NOT EXISTS (SELECT FROM pg_constraint AS own
    WHERE own.conrelid = :table AND own.contype = 'f' AND own.convalidated
      AND pg_get_constraintdef(own.oid) = pg_get_constraintdef(k.oid))
"""


@dataclass(frozen=True)
class _BoundCheck:
    """A table whose rows must fit; condition: of each of them. else_: what others are."""

    table: Relation
    condition: str
    violation: str

    @property
    def name(self) -> str:
        """The name of the CHECK that says so for a while."""
        return quote_name(helper_name(self.table.name, "bound"))


def tables_to_read(runner: Runner, statement: AddPartition, table: Relation) -> list[Relation]:
    """Return the tables with rows that PostgreSQL reads under a lock, where no CHECK spares it."""
    there = runner.find_relation(statement.partition)
    if table.kind != "p" or (there is not None) != statement.is_attach:
        return []  # PostgreSQL says why
    parent = runner.fetch_rows(_PARENT, table=table.oid)[0]
    default = runner.find_relation(parent.default) if parent.default else None
    return [one for one in (there, default) if one is not None and one.size]


def strategy_for(runner: Runner, statement: AddPartition, table: Relation) -> Strategy | None:
    """Return how to add a partition; None where PostgreSQL needs but a moment.

    Raises RefusedError where it would build an index, or look through a foreign key.
    """
    there = runner.find_relation(statement.partition)
    if table.kind != "p" or (there is not None) != statement.is_attach:
        return None  # PostgreSQL says why
    parent = runner.fetch_rows(_PARENT, table=table.oid)[0]
    default = runner.find_relation(parent.default) if parent.default else None
    if there is not None and large_tables.is_large(runner, there):
        for row in runner.fetch_rows(MISSING_PARTS, parent=table.oid, table=there.oid)[:1]:
            kind, part = of_statements.ATTACH_WITHOUT_PARTS, f"{row.kind} {row.name}"
            large_tables.refuse_if_large(runner, there, kind, name=there.display_name, part=part)
    large = [one for one in (there, default) if one and large_tables.is_large(runner, one)]
    if not large and not runner.was_interrupted(statement.sql):
        return None
    try:
        found = _probe_bound(runner, statement, table, parent)
    except DBAPIError as error:
        lock_retry.reraise_if_no_answer(error)
        return None  # PostgreSQL says why, when the statement itself is executed
    fits = list(_needed_checks(runner, statement, there, default, found))
    if fits and not found.avoids_scan:
        kind = of_statements.UNPROVED_PARTITION
        large_tables.refuse_if_large(runner, fits[0].table, kind, partition=statement.partition)
        return None
    return add_partition.bound(fits=fits)


@strategy(
    "rows checked, then attached", ACCESS_EXCLUSIVE, f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}"
)
def add_partition(
    runner: Runner, statement: AddPartition, table: Relation, key: str, *, fits: list[_BoundCheck]
) -> None:
    """Add a partition once all rows are known to fit. Raises RefusedError where they do not."""
    del table
    runner.run_pending()
    with runner.outside_transaction(key):
        drop = [
            f"ALTER TABLE {_qualified_table(fit)} DROP CONSTRAINT IF EXISTS {fit.name}"
            for fit in fits
        ]
        try:
            _add_bound_checks(runner, fits)
            runner.run_short(statement.sql, *drop, done=key)
        except (RefusedError, DBAPIError) as error:
            # A CHECK that stays would refuse rows that the tables may have.
            if not getattr(error, "connection_invalidated", False):
                runner.run_short(*drop)
                with runner.connection.begin():
                    runner.journal.note_nothing_at_work(runner.connection)
            raise


def _add_bound_checks(runner: Runner, fits: list[_BoundCheck]) -> None:
    """Let the tables have no rows but those that fit."""
    new = [fit for fit in fits if not constraint.constraint_exists(runner, fit.table, fit.name)]
    for fit in new:
        # Asked before: from the CHECK on, others could not write such a row.
        if why := violations.describe_wrong_rows(
            runner, fit.table, f"NOT ({fit.condition})", fit.violation
        ):
            raise runner.refused_error(of_batches.WRONG_ROWS(fit.table.display_name, said=why))
    for fit in new:
        check = f"ADD CONSTRAINT {fit.name} CHECK ({fit.condition}) NOT VALID"
        runner.run_short(f"ALTER TABLE {_qualified_table(fit)} {check}")
    for fit in fits:
        constraint.validate_or_drop(runner, fit.table, helper_name(fit.table.name, "bound"))


def _qualified_table(fit: _BoundCheck) -> str:
    return quote_name(fit.table.schema, fit.table.name)


@dataclass(frozen=True)
class _ProbedBound:
    """What the server says of a bound.

    own: the condition of rows that fit it, "" where all do. whole: that of the parent, too.
    believed: whether a CHECK of these words keeps it from reading.
    """

    bound_condition: str
    full_condition: str
    avoids_scan: bool


def _needed_checks(
    runner: Runner,
    statement: AddPartition,
    there: Relation | None,
    default: Relation | None,
    found: _ProbedBound,
) -> Iterator[_BoundCheck]:
    if there is not None and large_tables.is_large(runner, there) and found.full_condition:
        yield _BoundCheck(there, found.full_condition, f"do not fit {statement.bound}")
    if default is not None and large_tables.is_large(runner, default) and found.bound_condition:
        yield _BoundCheck(
            default,
            f"NOT ({found.bound_condition})",
            f"belong to the partition {statement.partition}",
        )


def _probe_bound(
    runner: Runner, statement: AddPartition, table: Relation, parent: Row[Any]
) -> _ProbedBound:
    """Ask the server about a bound, on an empty parent with empty partitions."""
    others = parent.bounds if statement.bound.upper() == "DEFAULT" else ()
    with probe_table.empty_copy(runner, table, partitioned=parent.key):
        for number, bound in enumerate(others):
            runner.execute(_create_partition(f"ddl_probe_{number}", bound))
        runner.execute(_create_partition("ddl_probe_part", statement.bound))
        condition = str(runner.first_value(_PARTITION_CONDITION) or "")
        runner.execute("DROP TABLE pg_temp.ddl_probe_part")
        if parent.default:
            runner.execute(_create_partition("ddl_probe_rest", "DEFAULT"))
            _add_check(runner, "ddl_probe_rest", f"NOT ({condition})")
        runner.execute(f"CREATE TEMPORARY TABLE ddl_probe_part (LIKE {probe_table.PROBE_TABLE})")
        if condition:
            _add_check(runner, "ddl_probe_part", condition)
        before = runner.first_value(_PARTITION_SCANS)
        runner.execute(
            f"ALTER TABLE {probe_table.PROBE_TABLE} ATTACH PARTITION pg_temp.ddl_probe_part "
            f"{statement.bound}"
        )
        believed = runner.first_value(_PARTITION_SCANS) == before
        # The key of a hash names its table.
        condition = condition.replace(
            f"'{runner.first_value(_PROBE_OID)}'::oid", f"'{table.oid}'::oid"
        )
    whole = " AND ".join(f"({part})" for part in (condition, parent.own) if part)
    return _ProbedBound(condition, whole, believed)


def _create_partition(name: str, bound: str) -> str:
    return f"CREATE TEMPORARY TABLE {name} PARTITION OF {probe_table.PROBE_TABLE} {bound}"


def _add_check(runner: Runner, name: str, condition: str) -> None:
    runner.execute(f"ALTER TABLE pg_temp.{name} ADD CHECK ({condition})")
