"""Shorten the time for which a view or trigger that is dropped and created again is missing.

A revision's online steps commit, and others would miss the object meanwhile. So all that need not
stand between DROP and CREATE comes before them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.reprinted_checks import alters_type

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


def delay_drops(
    operations: Sequence[MigrateOperation], *, all_before: bool = False
) -> list[MigrateOperation]:
    """Return operations with only changes of types, then DROP COLUMN, between DROP and CREATE.

    all_before: whether what follows the changes comes before DROP, too, and not after CREATE.
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
    types = [operation for operation in between if alters_type(operation)]
    columns = [one for one in between if _drops_column(one) and one not in types]
    others = [one for one in between if one not in types and one not in columns]
    turn = len(operations) if all_before or not types else places[id(types[-1])]
    early = [one for one in others if places[id(one)] < turn]
    late = [one for one in others if places[id(one)] > turn]
    return [
        *operations[:first],
        *early,
        *drops,
        *types,
        *columns,
        *creates,
        *late,
        *operations[last + 1 :],
    ]


def _drops_column(operation: MigrateOperation) -> bool:
    """Return whether an operation drops a column, which a view may still name before."""
    return isinstance(operation, ops.DropColumnOp) or (
        isinstance(operation, StatementOp)
        and any(" DROP COLUMN " in text for text in operation.upgrade)
    )
