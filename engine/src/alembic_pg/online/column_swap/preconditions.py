"""Tell why a shadow column cannot replace a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_pg.database import server_features
from alembic_pg.online.backfill import eligibility
from alembic_pg.online.column_swap.shadow_column import ShadowColumn
from alembic_pg.online.run.helper_names import IS_HELPER_TRIGGER, catalog_name

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.column_swap.dependents import Dependents
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import AlterColumnType

# What hangs on a column, by the catalog that has it.
DEPENDENT_CATALOGS = """
SELECT classid::regclass::text FROM pg_depend
WHERE refclassid = 'pg_class'::regclass AND refobjid = :table AND refobjsubid = :number
  AND (classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_proc'::regclass,
      'pg_statistic_ext'::regclass, 'pg_publication_rel'::regclass)
    OR classid = 'pg_trigger'::regclass AND EXISTS (
      SELECT FROM pg_trigger WHERE oid = objid AND NOT tgisinternal)
    OR classid = 'pg_attrdef'::regclass AND EXISTS (
      SELECT FROM pg_attrdef WHERE oid = objid AND adnum <> :number))
UNION SELECT 'pg_type' FROM pg_class AS c JOIN pg_type AS t ON t.oid = c.reltype
  JOIN pg_depend ON refclassid = 'pg_type'::regclass AND refobjid IN (t.oid, t.typarray)
  WHERE c.oid = :table AND classid = 'pg_class'::regclass
UNION SELECT 'pg_seclabel' FROM pg_seclabel
  WHERE classoid = 'pg_class'::regclass AND objoid = :table AND objsubid = :number
"""

# A condition of its first part, for a plan: without what a revision has dropped before, by name.
WITHOUT_DROPPED = """
  AND NOT (classid = 'pg_rewrite'::regclass AND EXISTS (SELECT FROM pg_rewrite AS r
    JOIN pg_class AS v ON v.oid = ev_class JOIN pg_namespace AS n ON n.oid = v.relnamespace
    WHERE r.oid = objid AND (nspname || '.' || v.relname = ANY (:gone) OR rulename = ANY (:gone))))
  AND NOT (classid = 'pg_policy'::regclass AND EXISTS (
    SELECT FROM pg_policy AS p WHERE p.oid = objid AND polname = ANY (:gone)))
  AND NOT (classid = 'pg_trigger'::regclass AND EXISTS (
    SELECT FROM pg_trigger AS t WHERE t.oid = objid AND tgname = ANY (:gone)))
  AND NOT (classid = 'pg_publication_rel'::regclass AND EXISTS (
    SELECT FROM pg_publication_rel AS e JOIN pg_publication AS p ON p.oid = prpubid
    WHERE e.oid = objid AND 'publication ' || pubname = ANY (:gone)))
  AND NOT (classid = 'pg_attrdef'::regclass AND EXISTS (SELECT FROM pg_attrdef AS d
    JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
    WHERE d.oid = objid AND attrelid || '.' || attname = ANY (:gone)))
"""

# Of these PostgreSQL lets the type change; no copy of them is made.
_NOT_COPIED = {
    "pg_statistic_ext": "statistics name it",
    "pg_publication_rel": "a publication names it",
    "pg_seclabel": "it has a security label",
}

# Triggers that fire after ours, in the order of their names' bytes, and may change the row; those
# of other columns that are replaced fill these only.
LATER_TRIGGERS = f"""
SELECT tgname FROM pg_trigger
WHERE tgrelid = :table AND NOT tgisinternal
  AND tgtype & 3 = 3 AND tgtype & 20 > 0 AND tgname::text COLLATE "C" > :name COLLATE "C"
  AND NOT {IS_HELPER_TRIGGER}
"""  # noqa: S608  # it is ours


@dataclass(frozen=True)
class ColumnState:
    """A column, its indexes and constraints, and the catalogs of what else hangs on it."""

    column: Row[Any]
    dependents: Dependents
    catalogs: set[str]


def dependent_catalogs(runner: Runner, table: Relation, number: int) -> set[str]:
    """Return the catalogs of what hangs on a column."""
    return {
        kind for (kind,) in runner.fetch_rows(DEPENDENT_CATALOGS, table=table.oid, number=number)
    }


def postgresql_refuses(hanging: set[str]) -> bool:
    """Return whether PostgreSQL itself refuses another type, and names what is in the way."""
    return bool(hanging - _NOT_COPIED.keys())


def swap_blocker(
    runner: Runner, statement: AlterColumnType, table: Relation, found: ColumnState
) -> str:
    """Return why no second column can take its place, as a part of a sentence, "" if one can."""
    if table.kind != "r" or table.has_children or table.is_partition or found.column.inherited:
        return "it is part of others"
    for kind in sorted(found.catalogs):
        return _NOT_COPIED[kind]
    trigger = catalog_name(ShadowColumn(table, statement.column, "", statement.using, "").trigger)
    if later := runner.first_value(LATER_TRIGGERS, table=table.oid, name=trigger):
        return f"the trigger {later} may change it last"
    if publication := eligibility.find_publication(runner, table):
        return f"subscribers of {publication} would miss the second column"
    return _copy_blocker(runner, found.dependents) or eligibility.backfill_blocker(runner, table)


def _copy_blocker(runner: Runner, parts: Dependents) -> str:
    for part in parts.indexes:
        if part.marked or part.kind == "x":
            return f"no copy is made of the index {part.name}"
    for part in parts.constraints:
        partitioned = part.relation == "p" and part.kind == "f"
        if "NOT ENFORCED" in part.definition or (
            partitioned and runner.version < server_features.PARTITIONED_FOREIGN_KEY_NOT_VALID_SINCE
        ):
            return f"no copy is made of the constraint {part.name}"
    return ""
