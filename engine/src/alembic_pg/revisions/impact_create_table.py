"""Add the columns of CREATE TABLE to the schema model."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from alembic_pg.revisions.schema_model import Column, Schema, Table

if TYPE_CHECKING:
    from alembic_pg.sql.cursor import Cursor

# A part of the brackets that is no column.
_TABLE_CONSTRAINT_WORDS = ("CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE", "NOT")

_SERIAL_TYPES = {"serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"}


def read_create_table(schema: Schema, cursor: Cursor) -> None:
    """Add a table to the schema; the columns of a query are not known.

    cursor: after IF NOT EXISTS.
    """
    name = cursor.qualified_name()
    table = Table(is_new=True)
    if cursor.accept("PARTITION", "OF"):
        _copy_columns(schema, table, cursor)
    if cursor.peek("("):
        for part in cursor.split_commas():
            if part.accept("LIKE"):
                _copy_columns(schema, table, part)
            elif part.accept("CONSTRAINT"):
                table.add_constraint(part.identifier(), part.remaining_text())
            elif part.current_word not in _TABLE_CONSTRAINT_WORDS:
                column = part.identifier()
                table.columns[column] = read_column_definition(schema, part)
    if cursor.accept("INHERITS"):
        for part in cursor.split_commas():
            _copy_columns(schema, table, part)
    schema.tables[name] = table


def _copy_columns(schema: Schema, table: Table, cursor: Cursor) -> None:
    like = schema.tables.get(cursor.qualified_name())
    if like is not None:
        table.columns |= deepcopy(like.columns)
        for name, column in like.columns.items():
            table.columns[name].enum = column.enum
            table.columns[name].domain_chain = column.domain_chain


def read_column_definition(schema: Schema, cursor: Cursor) -> Column:
    """Return the column that a definition describes; cursor: after the name."""
    serial = cursor.current is not None and cursor.current.identifier in _SERIAL_TYPES
    column = schema.read_column(cursor)
    column.generated = cursor.contains("GENERATED") and not cursor.contains("IDENTITY")
    column.not_null = serial or cursor.contains("NOT", "NULL") or cursor.contains("PRIMARY", "KEY")
    column.default = serial or cursor.contains("DEFAULT") or cursor.contains("GENERATED")
    column.is_new = True
    return column
