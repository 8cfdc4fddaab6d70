"""The tables and types that statements are about, as far as statements or a catalog tell."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.sql import column_types
from alembic_pg.sql.cursor import Cursor

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from alembic_pg.sql.column_types import ColumnType
    from alembic_pg.sql.cursor import QualifiedName

_COLUMNS = text("""
SELECT nspname AS schema, relname AS table, attname AS column, attgenerated <> '', attnotnull,
  atthasdef OR attidentity <> '', format_type(atttypid, atttypmod) AS type
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = attrelid
  JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
  AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
""")

_ENUMS = text("""
SELECT nspname AS schema, typname AS name,
  array_agg(enumlabel::text ORDER BY enumsortorder) AS values
FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = typnamespace JOIN pg_enum ON enumtypid = t.oid
GROUP BY 1, 2
""")

_DOMAINS = text("""
SELECT nspname AS schema, typname AS name, format_type(typbasetype, typtypmod) AS type
FROM pg_type JOIN pg_namespace AS n ON n.oid = typnamespace
WHERE typtype = 'd' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
""")


@dataclass
class Enum:
    """An enum.

    was: its values before the revision, by their names of now. origin: its own name before it.
    """

    values: list[str]
    was: tuple[str, ...] = ()
    origin: QualifiedName = ("", "")


@dataclass
class Column:
    """A column; declared: its type, None where nothing tells it. enum: that type, if it is one.

    default: whether a row gets a value without being given one. made: whether the revision has
    added it. domains: what its type is made of, itself first.
    """

    declared: ColumnType | None
    enum: Enum | None = None
    generated: bool = False
    not_null: bool = False
    default: bool = False
    made: bool = False
    domains: tuple[Column, ...] = ()

    @property
    def type(self) -> ColumnType | None:
        """Its type, with the values that the enum has now."""
        if self.declared is None or self.enum is None:
            return self.declared
        return replace(self.declared, values=tuple(self.enum.values))


@dataclass
class Table:
    """A table; made: whether the revision has created it."""

    columns: dict[str, Column] = field(default_factory=dict)
    made: bool = False


@dataclass
class Schema:
    """What is there; the keys of domains and enums are their schemas and names, too."""

    tables: dict[QualifiedName, Table] = field(default_factory=dict)
    enums: dict[QualifiedName, Enum] = field(default_factory=dict)
    domains: dict[QualifiedName, Column] = field(default_factory=dict)

    def begin(self) -> None:
        """Take all for what a revision finds."""
        for table in self.tables.values():
            table.made = False
            for column in table.columns.values():
                column.made = False
        for name, enum in self.enums.items():
            enum.was, enum.origin = tuple(enum.values), name

    def column(self, cursor: Cursor) -> Column:
        """Step over a type; return a column of it, whose domain is what that is made of."""
        found = column_types.read_type(cursor)
        schema, _, name = found.name.rpartition(".")
        key = (schema or "public", name)
        base = self.domains.get(key)
        if base is not None:
            declared = base.declared and replace(
                base.declared, array=base.declared.array or found.array
            )
            return replace(base, declared=declared, domains=(base, *base.domains))
        return Column(found, self.enums.get(key))


def read_schema(connection: Connection) -> Schema:
    """Return what a database has."""
    schema = Schema()
    for row in connection.execute(_ENUMS):
        schema.enums[row.schema, row.name] = Enum(list(row.values))
    for row in connection.execute(_DOMAINS):
        schema.domains[row.schema, row.name] = schema.column(Cursor(row.type))
    for row in connection.execute(_COLUMNS):
        table = schema.tables.setdefault((row.schema, row.table), Table())
        column = schema.column(Cursor(row.type))
        column.generated, column.not_null, column.default = row[3:6]
        table.columns[row.column] = column
    schema.begin()
    return schema
