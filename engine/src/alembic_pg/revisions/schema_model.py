"""Model the tables, enums and domains that statements refer to, from statements or a catalog."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.revisions.constraint_definitions import definition_words, is_no_stricter
from alembic_pg.revisions.view_columns import ViewColumns
from alembic_pg.sql import column_types
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable

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

_VIEW_COLUMNS = text("""
SELECT nspname AS schema, relname AS view, array_agg(attname::text ORDER BY attnum) AS columns
FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
  JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relkind IN ('m', 'v') AND attnum > 0
  AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
GROUP BY 1, 2
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


_CONSTRAINTS = text("""
SELECT nspname AS schema, relname AS table, conname AS name,
  pg_get_constraintdef(k.oid) AS definition
FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = conrelid
  JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE contype <> 'n' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
UNION ALL
SELECT nspname, t.relname, c.relname,
  regexp_replace(pg_get_indexdef(indexrelid), '^CREATE UNIQUE INDEX .* USING btree ', '')
FROM pg_index JOIN pg_class AS t ON t.oid = indrelid JOIN pg_class AS c ON c.oid = indexrelid
  JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE indisunique AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
  AND NOT EXISTS (
    SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x')
  )
""")


@dataclass
class Enum:
    """An enum.

    values: what it has now. old_values: what it had before the revision, by the names of now.
    original_name: the enum's own name before the revision.
    """

    values: list[str]
    old_values: tuple[str, ...] = ()
    original_name: QualifiedName = ("", "")


@dataclass
class Column:
    """A column.

    declared_type: the type, None where nothing tells it. enum: the type, if it is an enum.
    generated: whether its values are computed. not_null: whether it refuses NULL. default: whether
    a row gets a value without being given one. is_new: whether the revision has added the column.
    former_name: before the revision, where it has renamed the column, "" elsewhere.
    domain_chain: the domain that is its type, and those of which that is made, in turn.
    """

    declared_type: ColumnType | None
    enum: Enum | None = None
    generated: bool = False
    not_null: bool = False
    default: bool = False
    is_new: bool = False
    former_name: str = ""
    domain_chain: tuple[Column, ...] = ()

    @property
    def type(self) -> ColumnType | None:
        """The type, with the values that the enum has now."""
        if self.declared_type is None or self.enum is None:
            return self.declared_type
        return replace(self.declared_type, values=tuple(self.enum.values))


@dataclass
class Table:
    """A table.

    is_new: whether the revision has created it. former_name: before the revision, where it has
    renamed or moved it. constraints: what its rows had to fit before the revision, and what it has
    added: definitions by name. dropped_constraints: the names of those that the revision has
    dropped.
    """

    columns: dict[str, Column] = field(default_factory=dict)
    is_new: bool = False
    former_name: QualifiedName | None = None
    constraints: dict[str, str] = field(default_factory=dict)
    dropped_constraints: set[str] = field(default_factory=set)

    def begin_revision(self) -> None:
        """Take what is there now for what the next revision finds."""
        self.is_new, self.former_name = False, None
        for column in self.columns.values():
            column.is_new, column.former_name = False, ""
        for name in self.dropped_constraints:
            self.constraints.pop(name, None)
        self.dropped_constraints.clear()

    def add_constraint(self, name: str, definition: str) -> bool:
        """Add a constraint or a unique index; return whether new rows had to fit it before."""
        known = any(
            is_no_stricter(one, definition, words=definition_words)
            for one in self.constraints.values()
        )
        if name:
            self.constraints[name] = definition
            self.dropped_constraints.discard(name)
        return known

    def rename_in_constraints(self, old: str, new: str) -> None:
        """Let what is known of the constraints name a column by its new name."""
        for name, definition in self.constraints.items():
            self.constraints[name] = _with_name(definition, old, new)

    def drop_constraints_of(self, column: str) -> None:
        """Let what names a column go along with it."""
        self.dropped_constraints |= {
            name for name, one in self.constraints.items() if column in definition_words(one)
        }


@dataclass
class Schema:
    """All tables, enums, domains and views by schema and name; of a domain, a column of its type.

    is_kept: tells whether a constraint or a unique index of a table, by its name, is known to come
    back as it was.
    """

    tables: dict[QualifiedName, Table] = field(default_factory=dict)
    enums: dict[QualifiedName, Enum] = field(default_factory=dict)
    domains: dict[QualifiedName, Column] = field(default_factory=dict)
    views: ViewColumns = field(default_factory=ViewColumns)
    is_kept: Callable[[QualifiedName, str], bool] = lambda _, __: False

    def begin_revision(self) -> None:
        """Take what is there now for what the next revision finds."""
        for table in self.tables.values():
            table.begin_revision()
        self.views.begin_revision()
        for name, enum in self.enums.items():
            enum.old_values, enum.original_name = tuple(enum.values), name

    def rename_schema(self, old: str, new: str) -> None:
        """Move all that is in a schema to another name of it."""
        views = self.views.now, self.views.before
        for things in (self.tables, self.enums, self.domains, *views):
            moved = {(new, key[1]): things.pop(key) for key in [*things] if key[0] == old}
            things.update(moved)  # type: ignore[arg-type]  # each takes its own back

    def drop_index(self, name: QualifiedName) -> None:
        """Let a unique index go; of others nothing is known."""
        for (place, _), table in self.tables.items():
            if place == name[0] and name[1] in table.constraints:
                table.dropped_constraints.add(name[1])

    def read_column(self, cursor: Cursor) -> Column:
        """Step over a type; return a column of that type, with the domains of which it is made."""
        found = column_types.read_type(cursor)
        schema, _, name = found.name.rpartition(".")
        key = (schema or "public", name)
        base = self.domains.get(key)
        if base is not None:
            declared = base.declared_type and replace(
                base.declared_type, array=base.declared_type.array or found.array
            )
            return replace(base, declared_type=declared, domain_chain=(base, *base.domain_chain))
        return Column(found, self.enums.get(key))


def _with_name(definition: str, old: str, new: str) -> str:
    """Return a definition in which a name is another one."""
    for token in reversed(tokenize(definition)):
        if token.identifier == old:
            definition = f"{definition[: token.start]}{quote_name(new)}{definition[token.end :]}"
    return definition


def read_schema(connection: Connection) -> Schema:
    """Return the model of what a database has now."""
    schema = Schema()
    for row in connection.execute(_ENUMS):
        schema.enums[row.schema, row.name] = Enum(list(row.values))
    for row in connection.execute(_DOMAINS):
        schema.domains[row.schema, row.name] = schema.read_column(Cursor(row.type))
    for row in connection.execute(_COLUMNS):
        table = schema.tables.setdefault((row.schema, row.table), Table())
        column = schema.read_column(Cursor(row.type))
        column.generated, column.not_null, column.default = row[3:6]
        table.columns[row.column] = column
    for row in connection.execute(_CONSTRAINTS):
        if (row.schema, row.table) in schema.tables:
            schema.tables[row.schema, row.table].constraints[row.name] = row.definition
    for row in connection.execute(_VIEW_COLUMNS):
        schema.views.now[row.schema, row.view] = tuple(row.columns)
    schema.begin_revision()
    return schema
