"""Create an index before the one it replaces is dropped, so that queries always have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.ops import flatten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation


def create_indexes_first(operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return operations in which indexes are dropped after the new ones of their table are created.

    An index that is created under its old name is dropped before, as it must be. The result is to
    be proven: an index may be of a column that is dropped.
    """
    coming = [operation for operation in operations if isinstance(operation, ops.CreateIndexOp)]
    names = {operation.index_name for operation in coming}
    last = {flatten.changed_table_key(operation): operation for operation in coming}
    late: dict[int, list[MigrateOperation]] = {}
    for operation in operations:
        table = flatten.changed_table_key(operation)
        if (
            isinstance(operation, ops.DropIndexOp)
            and operation.index_name not in names
            and table in last
        ):
            late.setdefault(id(last[table]), []).append(operation)
    moved = {id(operation) for drops in late.values() for operation in drops}
    ordered: list[MigrateOperation] = []
    for operation in operations:
        if id(operation) not in moved:
            ordered += [operation, *late.get(id(operation), [])]
    return ordered
