"""CREATE TABLE: the columns that come."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from alembic_pg.revisions.schema_model import Column, Schema, Table

if TYPE_CHECKING:
    from alembic_pg.sql.cursor import Cursor

# A part of the brackets that is no column.
_PARTS = ("CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE", "NOT")

_SERIAL = {"serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"}


def read(schema: Schema, cursor: Cursor) -> None:
    """Note a table; cursor: after IF NOT EXISTS. What comes of a query has unknown columns."""
    name = cursor.name()
    table = Table(made=True)
    if cursor.maybe("PARTITION", "OF"):
        _copy(schema, table, cursor)
    if cursor.sees("("):
        for part in cursor.parts():
            if part.maybe("LIKE"):
                _copy(schema, table, part)
            elif part.word not in _PARTS:
                column = part.identifier()
                table.columns[column] = definition(schema, part)
    if cursor.maybe("INHERITS"):
        for part in cursor.parts():
            _copy(schema, table, part)
    schema.tables[name] = table


def _copy(schema: Schema, table: Table, cursor: Cursor) -> None:
    like = schema.tables.get(cursor.name())
    if like is not None:
        table.columns |= deepcopy(like.columns)
        for name, column in like.columns.items():
            table.columns[name].enum = column.enum
            table.columns[name].domains = column.domains


def definition(schema: Schema, cursor: Cursor) -> Column:
    """Return the column whose type and what follows comes next."""
    serial = cursor.now is not None and cursor.now.identifier in _SERIAL
    column = schema.column(cursor)
    column.generated = cursor.has("GENERATED") and not cursor.has("IDENTITY")
    column.not_null = serial or cursor.has("NOT", "NULL") or cursor.has("PRIMARY", "KEY")
    column.default = serial or cursor.has("DEFAULT") or cursor.has("GENERATED")
    column.made = True
    return column
