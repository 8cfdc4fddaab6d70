"""A value for old rows: ``info={"backfill": "SQL expression"}`` on a NOT NULL column."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_pg.autogenerate.ops.reversible_op import PairOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.scope import column_differences
from alembic_pg.sql.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from alembic.operations import MigrateOperation
    from sqlalchemy import Column, Table

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.scope.column_differences import Place

KEY = "backfill"


@dataclass
class FilledOp(PairOp):
    """A column that becomes NOT NULL after its old rows have got a value.

    plain: the same as PostgreSQL's own statements, for a type that sqlalchemy cannot say.
    """

    label: str = ""
    plain: PairOp | None = None


def hinted(tables: Iterable[Table]) -> set[Place]:
    """Return the columns of the models that say how they are filled."""
    return {
        (table.schema or "public", table.name, column.name)
        for table in tables
        for column in table.columns
        if _expression(column)
    }


def filled(
    operations: Iterable[MigrateOperation], tables: Mapping[str, Table], after: Dump
) -> Iterator[MigrateOperation]:
    """Yield operations, of which those that make a column NOT NULL fill it first.

    tables: the models' by schema and name, as ``MetaData.tables`` has them. after: what they
    build.
    """
    for operation in operations:
        if isinstance(operation, ops.AddColumnOp):
            yield _add(operation, after)
        elif isinstance(operation, ops.AlterColumnOp) and operation.modify_nullable is False:
            schema = f"{operation.schema}." if operation.schema else ""
            table = tables.get(f"{schema}{operation.table_name}")
            column = table.columns.get(operation.column_name) if table is not None else None
            yield operation if column is None else _alter(operation, column)
        else:
            yield operation


def _add(operation: ops.AddColumnOp, after: Dump) -> MigrateOperation:
    column = operation.column
    expression = _expression(column)
    if not expression:
        return operation
    table, schema = operation.table_name, operation.schema
    added = copy.copy(operation)
    added.column = column._copy()  # noqa: SLF001  # as Alembic copies columns
    added.column.nullable = True
    return FilledOp(
        [
            added,
            _update(table, schema, column.name, expression),
            _not_null(table, schema, column.name, column.type),
        ],
        [operation.reverse()],
        _label(table, schema, column.name),
        _plain(table, schema, column.name, expression, after),
    )


def _plain(
    table: str, schema: str | None, column: str, expression: str, after: Dump
) -> PairOp | None:
    """Return the statements that add a column and fill it."""
    place = (schema or "public", table, column)
    key = f"TABLE {place[0]}.{table}"
    found = column_differences.of({key: after[key]} if key in after else {}).get(place)
    if found is None:
        return None
    alter, name = f"ALTER TABLE {quoted(*place[:2])}", quoted(column)
    collate = f" COLLATE {found.collation}" if found.collation else ""
    label = f"column {_label(table, schema, column)}"
    add, drop = f"{alter} ADD COLUMN {name} {found.type}{collate};", f"{alter} DROP COLUMN {name};"
    keep = f"{alter} ALTER COLUMN {name} SET NOT NULL;"
    return PairOp(
        [
            StatementOp("create", label, (add,), (drop,)),
            _update(table, schema, column, expression),
            StatementOp("change", label, (keep,), ()),
        ],
        [StatementOp("drop", label, (drop,), (add,))],
    )


def _alter(operation: ops.AlterColumnOp, column: Column[Any]) -> MigrateOperation:
    expression = _expression(column)
    if not expression:
        return operation
    table, schema = operation.table_name, operation.schema
    rest = copy.copy(operation)
    rest.modify_nullable = None
    kind = operation.modify_type or operation.existing_type
    return FilledOp(
        [
            *([rest] if rest.has_changes() else []),
            _update(table, schema, column.name, expression),
            _not_null(table, schema, column.name, kind),
        ],
        [operation.reverse()],
        _label(table, schema, column.name),
    )


def _not_null(table: str, schema: str | None, column: str, kind: Any) -> ops.AlterColumnOp:  # noqa: ANN401  # any type of SQLAlchemy's
    return ops.AlterColumnOp(
        table,
        column,
        schema=schema,
        existing_type=kind,
        existing_nullable=True,
        modify_nullable=False,
    )


def _update(table: str, schema: str | None, column: str, expression: str) -> StatementOp:
    """Return what fills the column; run again, it fills only what is still empty."""
    name = quoted(schema or "public", table)
    field = quoted(column)
    # The expression is the models' own, the names are quoted.
    update = f"UPDATE {name} SET {field} = {expression} WHERE {field} IS NULL;"  # noqa: S608
    return StatementOp("backfill", _label(table, schema, column), (update,), ())


def _label(table: str, schema: str | None, column: str) -> str:
    return ".".join(part for part in (schema, table, column) if part)


def _expression(column: Column[Any]) -> str:
    """Return the hint of a column that needs it, or ""."""
    if column.nullable or column.server_default is not None:
        return ""
    return str(column.info.get(KEY, "")).strip().removesuffix(";")
