"""Drop an object once and create it again once, where several rounds of the search did so.

A column that leaves the type it has, and gets it again when the type is another one, is altered in
two rounds. What stands in its way is dropped for each, and needs to be there only after the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops.statement_op import StatementOp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation


def recreate_once(operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return operations without what they create and later drop again just as it was.

    The result is to be proven: something in between may need the object.
    """
    created: dict[str, StatementOp] = {}
    left_out: set[int] = set()
    for operation in operations:
        if not isinstance(operation, StatementOp):
            continue
        if operation.action == "create":
            created[operation.label] = operation
        elif operation.action == "drop":
            own = created.pop(operation.label, None)
            if own and own.upgrade == operation.downgrade:
                left_out |= {id(own), id(operation)}
    return [operation for operation in operations if id(operation) not in left_out]
