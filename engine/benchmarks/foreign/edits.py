"""Change models of others in five ways, as their own developers might."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Column, Enum, Index, Integer, String, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import MetaData, Table

# How many of the edits are applied is said by this variable.
VARIABLE = "FOREIGN_EDITS"

NAMES = (
    "a column more",
    "a longer string",
    "an index more",
    "a NOT NULL column with a default",
    "a column less",
)


def edit(metadata: MetaData) -> None:
    """Apply as many of the edits as the variable says, in their order."""
    tables = sorted(metadata.tables.values(), key=lambda one: (-len(one.columns), one.name))
    edits = (_add_column, _lengthen, _add_index, _add_not_null, _drop_column)
    for change in edits[: int(os.environ.get(VARIABLE) or 0)]:
        change(tables)


def _add_column(tables: list[Table]) -> None:
    tables[0].append_column(Column("foreign_extra", Text))


def _lengthen(tables: list[Table]) -> None:
    for _, column in _plain_columns(tables):
        kind = column.type
        if isinstance(kind, String) and kind.__class__ is String and kind.length:
            column.type = String(kind.length + 50)
            return


def _add_index(tables: list[Table]) -> None:
    table, column = next(
        (table, column)
        for table, column in _plain_columns(tables[1:])
        if type(column.type) in {Integer, String}
    )
    Index("foreign_index", table.c[column.name])


def _add_not_null(tables: list[Table]) -> None:
    column = Column("foreign_count", Integer, nullable=False, server_default="0")
    tables[2 % len(tables)].append_column(column)


def _drop_column(tables: list[Table]) -> None:
    table, column = list(_plain_columns(tables))[-1]
    table._columns.remove(column)  # noqa: SLF001  # SQLAlchemy has no public word for it


def _plain_columns(tables: list[Table]) -> Iterator[tuple[Table, Column[Any]]]:
    """Yield columns in no key, index, constraint or foreign key; the order is always the same."""
    for table in tables:
        used = {column.name for index in table.indexes for column in index.columns}
        for constraint in table.constraints:
            used |= {column.name for column in getattr(constraint, "columns", ())}
            used |= {
                column.name
                for column in table.columns
                if column.name.lower() in str(getattr(constraint, "sqltext", "")).lower()
            }
        for column in table.columns:
            pointed = any(key.column is column for other in tables for key in other.foreign_keys)
            if column.name in used or pointed or isinstance(column.type, (Boolean, Enum)):
                continue
            yield table, column
