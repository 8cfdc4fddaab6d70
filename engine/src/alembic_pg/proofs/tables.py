"""Read the tables of a database: what their columns take, and what their rows refer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from alembic_pg.sql.quoting import quote_name, readable_name

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_COLUMNS = """
SELECT attrelid AS "table", attnum AS number, attname AS name, NOT attnotnull AS nullable,
  format_type(atttypid, atttypmod) AS type, b.typname AS base_type, b.typtype AS kind,
  b.typcategory AS category, coalesce(e.typname, '') AS element_type,
  CASE WHEN b.typname IN ('varchar', 'bpchar') AND greatest(atttypmod, t.typtypmod) > 4
    THEN greatest(atttypmod, t.typtypmod) - 4 END AS length,
  CASE WHEN b.typname = 'numeric' AND greatest(atttypmod, t.typtypmod) > 4
    THEN greatest(atttypmod, t.typtypmod) - 4 END AS precision,
  ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid IN (b.oid, e.oid)
    ORDER BY enumsortorder) AS labels,
  atthasdef OR attidentity <> '' OR t.typdefault IS NOT NULL AS has_default,
  attidentity <> '' OR coalesce(pg_get_expr(adbin, adrelid), '') LIKE 'nextval(%' AS numbered,
  attgenerated <> '' AS generated
FROM pg_attribute AS a
JOIN pg_type AS t ON t.oid = atttypid
JOIN pg_type AS b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_type AS e ON e.oid = b.typelem AND b.typcategory = 'A'
LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)
WHERE attrelid = ANY(:tables) AND attnum > 0 AND NOT attisdropped
ORDER BY attrelid, attnum
"""

_TABLES = """
SELECT c.oid, nspname AS schema, relname AS name
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relpersistence <> 't'
  AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend
    WHERE (classid, objid, deptype) = ('pg_class'::regclass, c.oid, 'e'))
ORDER BY nspname, relname
"""

_CONSTRAINTS = """
SELECT conrelid AS "table", contype AS kind, confrelid AS other,
  ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS k (number, place)
    JOIN pg_attribute ON (attrelid, attnum) = (conrelid, number) ORDER BY place) AS columns,
  ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS k (number, place)
    JOIN pg_attribute ON (attrelid, attnum) = (confrelid, number) ORDER BY place) AS others,
  coalesce(pg_get_expr(conbin, conrelid), '') AS expression
FROM pg_constraint WHERE conrelid = ANY(:tables) AND contype IN ('c', 'f', 'p')
ORDER BY conrelid, conname
"""


@dataclass(frozen=True)
class Column:
    """Hold what a column takes.

    number: its attnum. type: as SQL has it; base_type: without a domain and its limits; kind and
    category: pg_type's, of that one; element_type: of an array.
    length: in characters, None without a limit; precision: the typmod of a numeric, less 4.
    labels: of an enum, or of an array's. numbered: whether a sequence gives it its values.
    """

    number: int
    name: str
    nullable: bool
    type: str
    base_type: str
    kind: str
    category: str
    element_type: str
    length: int | None
    precision: int | None
    labels: tuple[str, ...]
    has_default: bool
    numbered: bool
    generated: bool


@dataclass(frozen=True)
class Reference:
    """Hold a foreign key: its columns, the oid of the table that they name, and its columns."""

    columns: tuple[str, ...]
    table: int
    others: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """Hold a CHECK constraint: the columns that it reads, and its expression."""

    columns: tuple[str, ...]
    expression: str


@dataclass(frozen=True)
class Table:
    """Hold a table that has rows of its own, partitions counted as their root's."""

    oid: int
    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...]
    checks: tuple[Check, ...]

    @property
    def sql(self) -> str:
        """The table's name, quoted."""
        return quote_name(self.schema, self.name)

    @property
    def label(self) -> str:
        """The table's name for a person."""
        return readable_name(self.schema, self.name)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns that an INSERT may give."""
        return tuple(column for column in self.columns if not column.generated)


def read_tables(connection: Connection, version_table: str) -> list[Table]:
    """Return a database's tables; each comes after those that its foreign keys name, if it can.

    version_table: Alembic's own, with its schema before a dot when it has one; it is left out.
    """
    found = [
        row
        for row in connection.execute(text(_TABLES))
        if version_table not in {row.name, f"{row.schema}.{row.name}"}
    ]
    given = {"tables": [row.oid for row in found]}
    columns: dict[int, list[Column]] = {row.oid: [] for row in found}
    for found_column in connection.execute(text(_COLUMNS), given).mappings():
        values = dict(found_column)
        columns[values.pop("table")].append(
            Column(**values | {"labels": tuple(found_column["labels"])})
        )
    constraints: dict[int, list[Any]] = {row.oid: [] for row in found}
    for row in connection.execute(text(_CONSTRAINTS), given):
        constraints[row.table].append(row)
    return _referred_first(
        [
            Table(
                row.oid,
                row.schema,
                row.name,
                tuple(columns[row.oid]),
                next((tuple(one.columns) for one in constraints[row.oid] if one.kind == "p"), ()),
                tuple(
                    Reference(tuple(one.columns), one.other, tuple(one.others))
                    for one in constraints[row.oid]
                    if one.kind == "f"
                ),
                tuple(
                    Check(tuple(one.columns), one.expression)
                    for one in constraints[row.oid]
                    if one.kind == "c"
                ),
            )
            for row in found
        ]
    )


def _referred_first(tables: list[Table]) -> list[Table]:
    """Return tables in an order in which rows can be inserted; a circle is cut somewhere."""
    left, done, order = list(tables), set[int](), list[Table]()
    known = {table.oid for table in tables}
    while left:
        ready = [
            table
            for table in left
            if {one.table for one in table.references} & known <= done | {table.oid}
        ]
        for table in ready or left[:1]:
            order.append(table)
            done.add(table.oid)
            left.remove(table)
    return order
