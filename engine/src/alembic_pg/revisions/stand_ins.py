"""Make stand-ins in scratch databases for tables that somebody else makes, and keys refer to.

Supabase's auth.users is such a table: the models declare it so that a foreign key finds it, and
env.py's include_object leaves it out. On a target it is there. In a scratch database a foreign key
to it finds a stand-in with the columns that it names, and a unique index on them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, Table, event, text
from sqlalchemy.types import NullType

from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.engine import Connection

# env.py's options that leave tables out.
FILTERS = ("include_object", "include_name")

_TYPE_ENDS = {
    "NOT",
    "NULL",
    "DEFAULT",
    "GENERATED",
    "CONSTRAINT",
    "PRIMARY",
    "UNIQUE",
    "CHECK",
    "REFERENCES",
    "COLLATE",
}

_REFERENCES = re.compile(r"\bREFERENCES\b", re.IGNORECASE)

_IS_UNIQUE = text("""
SELECT EXISTS (
  SELECT FROM pg_index WHERE indrelid = to_regclass(:table) AND indisunique AND indpred IS NULL
  AND indnkeyatts = cardinality(CAST(:columns AS text[])) AND NOT EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey)
    AND attname <> ALL (CAST(:columns AS text[]))))
""")

_TYPE_OF = text("""
SELECT format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = to_regclass(:table) AND attname = :column
""")


@dataclass(frozen=True)
class StandIn:
    """Hold what a foreign key needs of a table: its columns by name, with their types as SQL."""

    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]

    def make(self, connection: Connection) -> None:
        """Make what is missing of it, in a scratch database."""
        table = quote_name(self.schema, self.name)
        statements = [
            f"CREATE SCHEMA IF NOT EXISTS {quote_name(self.schema)}",
            f"CREATE TABLE IF NOT EXISTS {table} ()",
            *(
                f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {quote_name(name)} {kind}"
                for name, kind in self.columns
            ),
        ]
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))
        names = [name for name, _ in self.columns]
        if not connection.scalar(_IS_UNIQUE, {"table": table, "columns": names}):
            key = ", ".join(map(quote_name, names))
            connection.exec_driver_sql(f"CREATE UNIQUE INDEX ON {table} ({key})".replace("%", "%%"))


def is_left_out(options: Mapping[str, Any], table: Table) -> bool:
    """Return whether env.py's filters leave a table out that the models declare, or could.

    options: those of configure().
    """
    of_name, of_object = (options.get(name) for name in FILTERS[::-1])
    schema = table.schema if table.schema != "public" else None
    asked = table, table.name, "table", False, None  # as of a table that the models declare
    if of_object is not None and not of_object(*asked):
        return True
    parents = {"schema_name": schema, "schema_qualified_table_name": table.fullname}
    return of_name is not None and not (
        of_name(schema, "schema", {}) and of_name(table.name, "table", parents)
    )


def make_for_revisions(connection: Connection, options: Mapping[str, Any]) -> None:
    """Make stand-ins when a revision's foreign key refers to a table that is left out.

    connection: to a scratch database, on which revisions are about to run. options: env.py's for
    configure().
    """
    if not any(options.get(name) for name in FILTERS):
        return

    def before(_: object, __: object, statement: str, *___: object) -> None:
        if _REFERENCES.search(statement):
            for stand_in in _needed(connection, statement):
                columns = (Column(name, NullType()) for name, _ in stand_in.columns)
                schema = stand_in.schema if stand_in.schema != "public" else None
                table = Table(stand_in.name, MetaData(), *columns, schema=schema)
                if is_left_out(options, table):
                    stand_in.make(connection)

    event.listen(connection, "before_cursor_execute", before)


def _needed(connection: Connection, statement: str) -> Iterator[StandIn]:
    """Yield what the foreign keys need that a CREATE TABLE or ALTER TABLE adds."""
    cursor = Cursor(statement)
    if cursor.accept("CREATE", "TABLE"):
        cursor.accept("IF", "NOT", "EXISTS")
        table = cursor.qualified_name()
        parts = list(cursor.split_commas()) if cursor.peek("(") else []
    elif cursor.accept("ALTER", "TABLE"):
        table = cursor.altered_table()
        parts = list(cursor.split_commas())
        for part in parts:
            part.accept("ADD")
            part.accept("COLUMN")
            part.accept("IF", "NOT", "EXISTS")
    else:
        return
    types = {name: kind for name, kind in map(_column, parts) if kind}
    for part in parts:
        local, (schema, name), referenced = _foreign_key(part)
        found = [
            types.get(one)
            or connection.scalar(_TYPE_OF, {"table": quote_name(*table), "column": one})
            for one in local
        ]
        if name and referenced and all(found) and len(found) == len(referenced):
            yield StandIn(schema, name, tuple(zip(referenced, map(str, found), strict=True)))


def _column(part: Cursor) -> tuple[str, str]:
    """Return the name and the type of a column that a part defines, "" for none."""
    read = Cursor(part.sql, part.remaining())
    if read.current_word in {"CONSTRAINT", "FOREIGN", "CHECK", "UNIQUE", "PRIMARY", "EXCLUDE"}:
        return "", ""
    name = read.identifier()
    tokens = read.remaining()
    end = next((n for n, one in enumerate(tokens) if one.keyword in _TYPE_ENDS), len(tokens))
    return name, Cursor(part.sql, tokens[:end]).whole_text()


def _foreign_key(part: Cursor) -> tuple[list[str], tuple[str, str], list[str]]:
    """Return a foreign key's columns, its table and that one's columns; empty for anything else."""
    read = Cursor(part.sql, part.remaining())
    if read.accept("CONSTRAINT"):
        read.identifier()
    if read.accept("FOREIGN", "KEY"):
        local = [one.identifier() for one in read.split_commas()]
    else:
        local = [read.identifier()]
        position = read.find("REFERENCES")
        read.position = len(read.tokens) if position is None else position
    if not read.accept("REFERENCES"):
        return [], ("", ""), []
    table = read.qualified_name()
    return local, table, [one.identifier() for one in read.split_commas()] if read.peek("(") else []
