"""Answer whether a column's type or default differs, from PostgreSQL's own definitions.

Alembic's comparators ask. By themselves they compare defaults by a SELECT that fails when the two
are of different types, and types by rules of their own; here, equal entries mean equal columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alembic_pg.autogenerate.dump import table_definition

if TYPE_CHECKING:
    from sqlalchemy import Column

    from alembic_pg.autogenerate.dump.entry import ColumnPath, Dump


@dataclass(frozen=True)
class ColumnDifferences:
    """Compare the columns of two databases, by their dumps."""

    before: Dump
    after: Dump

    def type_differs(self, _: object, column: Column[Any], *__: object) -> bool | None:
        """Return the answer for configure(compare_type=…); None leaves it to Alembic."""
        old, new = self._both_columns(column)
        if old is None or new is None:
            return None
        return (old.type, old.collation) != (new.type, new.collation)

    def default_differs(self, column: Column[Any]) -> bool:
        """Return whether a column that both databases have has another default."""
        old, new = self._both_columns(column)
        return old is not None and new is not None and old.default != new.default

    def _both_columns(
        self, column: Column[Any]
    ) -> tuple[table_definition.Column | None, table_definition.Column | None]:
        place = (column.table.schema or "public", column.table.name, column.name)
        return self._old.get(place), self._new.get(place)

    @cached_property
    def _old(self) -> dict[ColumnPath, table_definition.Column]:
        return columns_by_path(self.before)

    @cached_property
    def _new(self) -> dict[ColumnPath, table_definition.Column]:
        return columns_by_path(self.after)


def columns_by_path(dump: Dump) -> dict[ColumnPath, table_definition.Column]:
    """Return the columns of the tables by schema, table and name; a serial's default too."""
    columns = {}
    for entry in dump.values():
        if entry.kind != "TABLE":
            continue
        for column in table_definition.entry_columns(entry).values():
            columns[entry.schema, entry.name, table_definition.unquote_name(column.name)] = column
    return columns
