"""Read tables, constraints, indexes and types of a scratch database, as PostgreSQL prints them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic_pg.database.session import Session

# With no schema to search, each name is printed with its own.
_EMPTY_PATH = "SELECT set_config('search_path', '', false)"

_OWN = "nspname !~ '^pg_' AND nspname <> 'information_schema'"

_TABLES = f"""
SELECT c.oid, nspname AS schema, relname AS name,
  coalesce(pg_get_partition_constraintdef(c.oid), '') AS bound,
  ARRAY(SELECT inhparent::bigint FROM pg_inherits WHERE inhrelid = c.oid) AS parents,
  EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal
    AND tgtype & 1 = 1 AND tgtype & 2 = 2 AND tgtype & 16 = 16) AS has_trigger
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p') AND {_OWN} AND {{only}}
"""  # noqa: S608  # constants

_COLUMNS = f"""
SELECT attrelid AS table, attnum AS number, attname AS name,
  format_type(atttypid, atttypmod) AS type, atttypid AS type_oid, atttypmod AS modifier,
  attnotnull AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = attrelid
    AND contype = 'n' AND attnum = ANY (conkey) AND NOT convalidated) AS not_null,
  CASE WHEN attgenerated <> '' THEN pg_get_expr(adbin, adrelid) ELSE '' END AS generated,
  CASE WHEN attidentity <> '' THEN 'nextval' WHEN attgenerated <> '' THEN ''
    ELSE coalesce(pg_get_expr(adbin, adrelid), '') END AS default
FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
JOIN pg_namespace AS n ON n.oid = relnamespace
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relkind IN ('r', 'p') AND {_OWN} AND attnum > 0 AND NOT attisdropped AND {{only}}
ORDER BY attrelid, attnum
"""  # noqa: S608  # constants

_CONSTRAINTS = f"""
SELECT k.oid, conrelid AS table, contypid AS domain, conname AS name, contype::text AS kind,
  coalesce(pg_get_expr(conbin, conrelid), '') AS expression,
  coalesce(conkey, '{{{{}}}}')::int[] AS columns,
  confrelid AS other, coalesce(confkey, '{{{{}}}}')::int[] AS others,
  confmatchtype = 'f' AS match_full, confdeltype::text AS on_delete,
  convalidated AND coalesce((to_jsonb(k) ->> 'conenforced')::bool, true) AS applies,
  coalesce((to_jsonb(k) ->> 'conperiod')::bool, false) AS has_period,
  conparentid <> 0 OR NOT conislocal AS inherited
FROM pg_constraint AS k JOIN pg_namespace AS n ON n.oid = connamespace
WHERE contype IN ('c', 'f') AND {_OWN} AND {{only}} ORDER BY conname
"""  # noqa: S608  # constants

_INDEXES = f"""
SELECT i.indexrelid AS oid, i.indrelid AS table, coalesce(conname, relname) AS name,
  ARRAY(SELECT pg_get_indexdef(i.indexrelid, at, false) FROM generate_series(1, indnkeyatts) AS at)
    AS keys,
  coalesce(pg_get_expr(indpred, indrelid), '') AS where,
  coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false) AS nulls_equal,
  ARRAY(SELECT format('OPERATOR(%I.%s)', s.nspname, oprname) FROM unnest(conexclop)
    WITH ORDINALITY AS o (op, at) JOIN pg_operator AS p ON p.oid = op
    JOIN pg_namespace AS s ON s.oid = oprnamespace ORDER BY at) AS operators,
  EXISTS (SELECT FROM pg_inherits WHERE inhrelid = i.indexrelid) AS inherited,
  indisprimary AS is_primary, ARRAY(SELECT unnest(indkey[0:indnkeyatts - 1])::int) AS columns
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = relnamespace
LEFT JOIN pg_constraint AS k ON conindid = i.indexrelid AND contype IN ('p', 'u', 'x')
WHERE (indisunique OR indisexclusion) AND {_OWN} AND {{only}} ORDER BY 3
"""  # noqa: S608  # constants

_TYPES = f"""
SELECT t.oid, nspname AS schema, typname AS name, typtype::text AS kind, typnotnull AS not_null,
  ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)
    AS labels,
  CASE WHEN typtype = 'd' THEN format_type(typbasetype, typtypmod) ELSE '' END AS base
FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = typnamespace
WHERE typtype IN ('e', 'd') AND {_OWN}
"""  # noqa: S608  # constants

# The tables of which something was written since a transaction, and what is there at all.
_CHANGED = f"""
SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS moment, ARRAY(
    SELECT oid FROM pg_class WHERE {{newer}}
    UNION SELECT attrelid FROM pg_attribute WHERE {{newer}}
    UNION SELECT adrelid FROM pg_attrdef WHERE {{newer}}
    UNION SELECT conrelid FROM pg_constraint WHERE {{newer}}
    UNION SELECT indrelid FROM pg_index WHERE {{newer}}
    UNION SELECT tgrelid FROM pg_trigger WHERE {{newer}}
    UNION SELECT inhrelid FROM pg_inherits WHERE {{newer}})::bigint[] AS changed,
  ARRAY(SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND {_OWN})::bigint[] AS tables,
  ARRAY(SELECT oid FROM pg_constraint)::bigint[] AS constraints,
  ARRAY(SELECT indexrelid FROM pg_index)::bigint[] AS indexes
"""  # noqa: S608  # constants

_NEWER = "age(xmin) <= age('{moment}'::xid)"


@dataclass(frozen=True)
class Column:
    """A column.

    type: as format_type() has it; type_oid and modifier are the same for a type that was renamed.
    generated: its expression, "" where it is not generated. default: its expression, "" without
    one, and the word nextval for an identity.
    """

    number: int
    name: str
    type: str
    type_oid: int
    modifier: int
    not_null: bool
    generated: str
    default: str


@dataclass(frozen=True)
class Table:
    """A table, or a partition. bound: the condition of its rows as a partition, "" for none.

    parents: the tables whose partition or heir it is. has_trigger: whether a trigger may change
    what an UPDATE writes.
    """

    oid: int
    schema: str
    name: str
    bound: str
    parents: tuple[int, ...]
    has_trigger: bool
    columns: Mapping[int, Column]


@dataclass(frozen=True)
class Constraint:
    """A CHECK or a foreign key, of a table or a domain.

    applies: whether it is valid and enforced. inherited: whether the parent of its table has it.
    """

    oid: int
    table: int
    domain: int
    name: str
    kind: str
    expression: str
    columns: tuple[int, ...]
    other: int
    others: tuple[int, ...]
    match_full: bool
    on_delete: str
    applies: bool
    has_period: bool
    inherited: bool


@dataclass(frozen=True)
class Index:
    """A unique index, or that of an exclusion, which has operators.

    name: its constraint's where it has one. keys: its columns and expressions. columns: the number
    of each of them, 0 for an expression. inherited: whether it is the part of another index.
    """

    oid: int
    table: int
    name: str
    keys: tuple[str, ...]
    where: str
    nulls_equal: bool
    operators: tuple[str, ...]
    inherited: bool
    is_primary: bool
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Type:
    """An enum with its labels, or a domain with its base type."""

    oid: int
    schema: str
    name: str
    kind: str
    not_null: bool
    labels: tuple[str, ...]
    base: str


@dataclass(frozen=True)
class Snapshot:
    """What is there at one moment, each by its OID, which a new name leaves as it is.

    moment: the number of the transaction that was the next one then.
    """

    tables: Mapping[int, Table] = field(default_factory=dict)
    constraints: Mapping[int, Constraint] = field(default_factory=dict)
    indexes: Mapping[int, Index] = field(default_factory=dict)
    types: Mapping[int, Type] = field(default_factory=dict)
    moment: str = field(default="", compare=False)


def read_snapshot(session: Session, before: Snapshot | None = None) -> Snapshot:
    """Return what is there. session: to a scratch database, without a transaction.

    before: what was there, where nothing happened since but to tables, their constraints and
    indexes: then what others have is not read again, and is the same object.
    """
    path = session.scalar("SELECT current_setting('search_path')")
    session.execute(_EMPTY_PATH)
    found = _read_all(session) if before is None else _read_changed(session, before)
    session.execute(f"SELECT set_config('search_path', {quote_literal(path)}, false)")
    return found


def _read_all(session: Session) -> Snapshot:
    """Return what is there, of all tables."""
    moment = session.scalar("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
    return _read(session, None, moment)


def _read_changed(session: Session, before: Snapshot) -> Snapshot:
    """Return what is there, where the tables that nothing was written of are as before."""
    newer = _NEWER.format(moment=before.moment)
    row = session.one_row(_CHANGED.format(newer=newer))
    changed = {oid for oid in row.tables if oid in set(row.changed) or oid not in before.tables}
    # What a partition may hold depends on those beside it.
    parents = {
        parent
        for oid, one in before.tables.items()
        if oid in changed or oid not in set(row.tables)
        for parent in one.parents
    }
    now = _read(session, sorted(changed), row.moment)
    parents |= {parent for one in now.tables.values() for parent in one.parents}
    beside = {
        oid
        for oid, one in before.tables.items()
        if oid in set(row.tables) and (oid in parents or not parents.isdisjoint(one.parents))
    }
    if not beside <= changed:
        changed |= beside
        now = _read(session, sorted(changed), row.moment)

    def both(old: Any, new: Any, there: set[int], table: str) -> dict[int, Any]:  # noqa: ANN401  # one kind of things
        kept = {
            oid: one
            for oid, one in old.items()
            if oid in there and getattr(one, table) not in changed
        }
        return {**kept, **new}

    return Snapshot(
        both(before.tables, now.tables, set(row.tables), "oid"),
        both(before.constraints, now.constraints, set(row.constraints), "table"),
        both(before.indexes, now.indexes, set(row.indexes), "table"),
        now.types,
        row.moment,
    )


def _read(session: Session, only: list[int] | None, moment: str) -> Snapshot:
    """Return what is there, of some tables by their OIDs or, with None, of all."""

    def of(query: str, column: str) -> list[dict[str, Any]]:
        listed = ", ".join(map(str, only)) if only else "0"
        return _rows(
            session, query.format(only="true" if only is None else f"{column} IN ({listed})")
        )

    columns: dict[int, dict[int, Column]] = {}
    for row in of(_COLUMNS, "attrelid"):
        own = columns.setdefault(row.pop("table"), {})
        own[row["number"]] = Column(**row)
    tables = [Table(**row, columns=columns.get(row["oid"], {})) for row in of(_TABLES, "c.oid")]
    return Snapshot(
        {one.oid: one for one in tables},
        {row["oid"]: Constraint(**row) for row in of(_CONSTRAINTS, "conrelid")},
        {row["oid"]: Index(**row) for row in of(_INDEXES, "i.indrelid")},
        {row["oid"]: Type(**row) for row in _rows(session, _TYPES)},
        moment,
    )


def _rows(session: Session, query: str) -> list[dict[str, Any]]:
    return [
        {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
        for row in (dict(one._mapping) for one in session.fetch(query))  # noqa: SLF001  # its public name
    ]
