"""Reverse operations for the way back, each of them once: the proof and the file have the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.ops import flatten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alembic.operations import MigrateOperation

# Alembic's, which are reversed by way of a Table with all its columns.
_WITH_TABLE = (ops.CreateTableOp, ops.DropTableOp, ops.CreateIndexOp, ops.DropIndexOp)


def reversed_operations(operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return the operations that undo operations."""
    return without_implied_drops([_reversed_once(operation) for operation in reversed(operations)])


def without_implied_drops(operations: Iterable[MigrateOperation]) -> list[MigrateOperation]:
    """Return operations without the drops of indexes whose table they drop as well."""
    every = list(operations)
    dropped = flatten.dropped_tables(every)
    return [
        operation
        for operation in every
        if not isinstance(operation, ops.DropIndexOp)
        or flatten.changed_table_key(operation) not in dropped
    ]


def _reversed_once(operation: MigrateOperation) -> MigrateOperation:
    """Return what undoes an operation, which Alembic gets, too, when it asks for the file."""
    back = _reversed(operation)
    if isinstance(operation, _WITH_TABLE):
        vars(operation)["reverse"] = lambda: back
    return back


def _reversed(operation: MigrateOperation) -> MigrateOperation:
    """Return what undoes an operation; what creates something has all that its drop holds."""
    if "reverse" not in vars(operation):
        if isinstance(operation, ops.CreateTableOp):
            options = {
                "comment": operation.comment,
                "info": dict(operation.info or {}),
                "prefixes": list(operation.prefixes or ()),
                **operation.kw,
            }
            return ops.DropTableOp(
                operation.table_name, schema=operation.schema, table_kw=options, _reverse=operation
            )
        if isinstance(operation, ops.CreateIndexOp) and operation.index_name is not None:
            return ops.DropIndexOp(
                operation.index_name,
                operation.table_name,
                schema=operation.schema,
                _reverse=operation,
                unique=operation.unique,
                **operation.kw,
            )
    back: MigrateOperation = operation.reverse()
    return back
