"""Fill the rows that have no value before a column becomes NOT NULL."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import Computed

from alembic_pg.autogenerate.dump.entry import table_key
from alembic_pg.autogenerate.hints import casts, fill_value
from alembic_pg.autogenerate.ops.backfill_op import BackfillColumnOp, FillOp
from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.scope import column_differences
from alembic_pg.errors import UserError
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name, readable_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from alembic.operations import MigrateOperation
    from sqlalchemy import Column, Table

    from alembic_pg.autogenerate.dump.entry import ColumnPath, Dump


def add_backfills(
    operations: Iterable[MigrateOperation], tables: Mapping[str, Table], before: Dump, after: Dump
) -> Iterator[MigrateOperation]:
    """Yield operations, of which those that make a column NOT NULL fill it first.

    tables: the models' by schema and name, as ``MetaData.tables`` has them. before, after:
    what the revisions and the models build.
    """
    for operation in operations:
        if isinstance(operation, ops.AddColumnOp):
            yield _backfill_added_column(operation, after)
        elif isinstance(operation, ops.AlterColumnOp) and operation.modify_nullable is False:
            schema = f"{operation.schema}." if operation.schema else ""
            table = tables.get(f"{schema}{operation.table_name}")
            column = table.columns.get(operation.column_name) if table is not None else None
            yield (
                operation
                if column is None
                else _backfill_altered_column(
                    operation, column, casts.cast_operation(operation, before, after)
                )
            )
        else:
            yield operation


def _backfill_added_column(operation: ops.AddColumnOp, after: Dump) -> MigrateOperation:
    column = operation.column
    expression = fill_value.value_of_new_column(column)
    if not expression:
        return operation
    table, schema = operation.table_name, operation.schema
    added = copy.copy(operation)
    added.column = column._copy()  # noqa: SLF001  # as Alembic copies columns
    added.column.nullable = True
    last = _set_not_null_op(table, schema, column.name, column.type)
    if column.server_default is not None:
        # PostgreSQL would give it to the old rows.
        added.column.server_default = None
        last.modify_server_default = column.server_default
    return BackfillColumnOp(
        [added, _update_op(table, schema, column.name, expression), last],
        [operation.reverse()],
        column=_column_path(table, schema, column.name),
        sql_operation=_add_column_as_sql(table, schema, column.name, expression, after),
        hinted=bool(fill_value.hinted_value(column)),
    )


def _add_column_as_sql(
    table: str, schema: str | None, column: str, expression: str, after: Dump
) -> ReversibleOp | None:
    """Return the statements that add a column and fill it."""
    place = _column_path(table, schema, column)
    key = table_key(schema, table)
    added = column_differences.columns_by_path({key: after[key]} if key in after else {}).get(place)
    if added is None:
        return None
    alter, name = f"ALTER TABLE {quote_name(*place[:2])}", quote_name(column)
    collate = f" COLLATE {added.collation}" if added.collation else ""
    label = f"column {readable_name(*place)}"
    add, drop = f"{alter} ADD COLUMN {name} {added.type}{collate};", f"{alter} DROP COLUMN {name};"
    field = f"{alter} ALTER COLUMN {name}"
    default = (f"{field} SET DEFAULT {added.default};",) if added.default else ()
    return ReversibleOp(
        [
            StatementOp("create", label, (add,), (drop,)),
            _update_op(table, schema, column, expression),
            StatementOp("change", label, (*default, f"{field} SET NOT NULL;"), ()),
        ],
        [StatementOp("drop", label, (drop,), (add,))],
    )


def _backfill_altered_column(
    operation: ops.AlterColumnOp, column: Column[Any], cast: ReversibleOp | None
) -> MigrateOperation:
    """Return what fills a column that becomes NOT NULL.

    cast: the change of its type that takes an explicit cast, for where PostgreSQL asks for one.
    """
    expression = fill_value.value_of_null_rows(column)
    # Nobody can UPDATE a generated column, and its expression gives each row a value.
    if not expression or isinstance(operation.existing_server_default, Computed):
        return operation
    table, schema = operation.table_name, operation.schema
    rest = copy.copy(operation)
    rest.modify_nullable = None
    kind = operation.modify_type or operation.existing_type
    fill = _update_op(table, schema, column.name, expression)
    last = _set_not_null_op(table, schema, column.name, kind)
    return BackfillColumnOp(
        [*([rest] if rest.has_changes() else []), fill, last],
        [operation.reverse()],
        column=_column_path(table, schema, column.name),
        sql_operation=cast
        and ReversibleOp([*cast.upgrade, fill, last], [last.reverse(), *cast.downgrade]),
        hinted=bool(fill_value.hinted_value(column)),
    )


def _set_not_null_op(table: str, schema: str | None, column: str, kind: Any) -> ops.AlterColumnOp:  # noqa: ANN401  # any type of SQLAlchemy's
    return ops.AlterColumnOp(
        table,
        column,
        schema=schema,
        existing_type=kind,
        existing_nullable=True,
        modify_nullable=False,
    )


def _update_op(table: str, schema: str | None, column: str, expression: str) -> FillOp:
    """Return what fills the column; run again, it fills only what is still empty.

    Raises UserError where a comment would hide the WHERE: every row would be written then.
    """
    path = _column_path(table, schema, column)
    last = tokenize(f"{' '.join(expression.split())} WHERE")[-1:]
    if not last or last[0].keyword != "WHERE":
        raise UserError(
            f"The backfill of {readable_name(*path)} has a comment (--): "
            "leave it out, or write it as /* … */."
        )
    name = quote_name(*path[:2])
    field = quote_name(column)
    # The expression is the models' own, the names are quoted.
    update = f"UPDATE {name} SET {field} = {expression} WHERE {field} IS NULL;"  # noqa: S608
    return FillOp("backfill", readable_name(*path), (update,), (), column=path)


def _column_path(table: str, schema: str | None, column: str) -> ColumnPath:
    return (schema or "public", table, column)
