"""Give the rows of a table the columns that a statement makes of its columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_pg.preflight.demands import has_other_type
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic_pg.preflight.row_query import RowQuery
    from alembic_pg.preflight.snapshot import Column, Table
    from alembic_pg.preflight.target_types import TargetTypes

_MAKES_ITS_VALUE = "nextval"

_UNIQUE_VALUE = "row_number() OVER ()"


def with_columns(
    rows: RowQuery, old: Table, table: Table, using: Mapping[str, str], types: TargetTypes
) -> RowQuery:
    """Return the rows with the columns of a table. old: before. using: of type changes, by column.

    types: what stands for its types in the target.
    """
    names = column_types(table, types)
    values, recompute = [], False
    for number, column in table.columns.items():
        before = old.columns.get(number)
        if column.generated and (before is None or before.generated != column.generated):
            recompute = True
        if before is None:
            values.append((column.name, f"({_default(column, types)})::{names[number]}"))
        elif has_other_type(before, column, using):
            said = types.localize(using.get(before.name, "")) or quote_name(before.name)
            values.append((column.name, f"({said})::{names[number]}"))
            recompute = True
        else:
            values.append((column.name, quote_name(before.name)))
    plain = {one.name for one in without_generated(table).columns.values()}
    kept = [one for one in values if not recompute or one[0] in plain]
    rows = replace(rows, sql=rows.project(kept), is_changed=True)
    if recompute:
        rows = with_generated(rows, table, types)
    return forget_generated(rows, table)


def with_generated(rows: RowQuery, table: Table, types: TargetTypes) -> RowQuery:
    """Return rows without generated columns with them, computed of the others."""
    if not any(column.generated for column in table.columns.values()):
        return rows
    names = column_types(table, types)
    values = [
        (
            column.name,
            f"({types.localize(column.generated)})::{names[number]}"
            if column.generated
            else quote_name(column.name),
        )
        for number, column in table.columns.items()
    ]
    return replace(rows, sql=rows.project(values))


def forget_generated(rows: RowQuery, table: Table) -> RowQuery:
    """Return rows that say that generated columns are not known, where the others are not."""
    unknown = rows.unknown.items()
    names = {table.columns[n].name: why for n, why in unknown if n in table.columns}
    for number, column in table.columns.items():
        used = {token.identifier for token in tokenize(column.generated)} & set(names)
        if used:
            rows = rows.forget([number], names[min(used)])
    return rows


def without_generated(table: Table) -> Table:
    """Return a table without its generated columns."""
    columns = {number: one for number, one in table.columns.items() if not one.generated}
    return replace(table, columns=columns)


def column_types(table: Table, types: TargetTypes) -> Mapping[int, str]:
    """Return what stands for the type of each column in the target, by the column's number."""
    return {number: types.of(column) for number, column in table.columns.items()}


def _default(column: Column, types: TargetTypes) -> str:
    """Return what a new column has in the rows that are there."""
    if _MAKES_ITS_VALUE in column.default:
        return _UNIQUE_VALUE  # it writes, which this never does
    return types.localize(column.default) or "NULL"
