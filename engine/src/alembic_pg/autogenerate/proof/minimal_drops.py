"""Shorten the time for which a view or trigger that is dropped and created again is missing.

A revision's online steps commit, and others would miss the object meanwhile. So all that need not
stand between DROP and CREATE comes before or after them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.needless_drops import dropped_columns

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
    types: list[MigrateOperation] = []
    columns: list[MigrateOperation] = []
    others: list[MigrateOperation] = []
    for one in between:
        if flatten.alters_type(one):
            types.append(one)
        elif any(dropped_columns([one])):  # which a view may still name before
            columns.append(one)
        else:
            others.append(one)
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
