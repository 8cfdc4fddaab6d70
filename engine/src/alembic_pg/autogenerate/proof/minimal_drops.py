"""Shorten the time for which a view or trigger that is dropped and created again is missing.

A revision's online steps commit, and others would miss the object meanwhile. So all that need not
stand between DROP and CREATE comes before them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.ops.statement_op import StatementOp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation

# What others would miss meanwhile.
_LABEL_PREFIXES = (
    "view ",
    "materialized view ",
    "function ",
    "procedure ",
    "trigger ",
    "policy ",
    "rule ",
    "query of view ",
)

# What PostgreSQL refuses while a view or a trigger names the column.
_ALTER_TYPE = re.compile(r" ALTER COLUMN .* TYPE ", re.DOTALL)


def delay_drops(operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return operations of which only changes of types stand between DROP and CREATE.

    The same list where nothing is dropped to be created again, or nothing else is in between;
    whether the order leads there is to be proven.
    """
    statements = [
        operation
        for operation in operations
        if isinstance(operation, StatementOp) and operation.label.startswith(_LABEL_PREFIXES)
    ]
    labels = {operation.label for operation in statements if operation.action == "drop"}
    labels &= {operation.label for operation in statements if operation.action == "create"}
    drops = [
        operation
        for operation in statements
        if operation.action == "drop" and operation.label in labels
    ]
    creates = [
        operation
        for operation in statements
        if operation.action == "create" and operation.label in labels
    ]
    if not labels:
        return list(operations)
    places = {id(operation): place for place, operation in enumerate(operations)}
    first, last = places[id(drops[0])], places[id(creates[-1])]
    edges = {id(operation) for operation in drops + creates}
    between = [
        operation for operation in operations[first : last + 1] if id(operation) not in edges
    ]
    types = [operation for operation in between if _alters_column_type(operation)]
    others = [operation for operation in between if not _alters_column_type(operation)]
    return [*operations[:first], *others, *drops, *types, *creates, *operations[last + 1 :]]


def _alters_column_type(operation: MigrateOperation) -> bool:
    if isinstance(operation, ops.AlterColumnOp):
        return operation.modify_type is not None
    return isinstance(operation, StatementOp) and any(map(_ALTER_TYPE.search, operation.upgrade))
