"""Define an operation that holds its upgrade operations and its downgrade operations separately."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.autogenerate.render import render_op
from alembic.operations import MigrateOperation, Operations

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


@dataclass
class ReversibleOp(MigrateOperation):
    """Hold operations and those that undo them, where reversing each does not.

    upgrade, downgrade: the operations of each direction, in their order.
    """

    upgrade: list[MigrateOperation] = field(default_factory=list)
    downgrade: list[MigrateOperation] = field(default_factory=list)

    def reverse(self) -> ReversibleOp:
        """Return the way back."""
        return ReversibleOp(self.downgrade, self.upgrade)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what Alembic's check reports."""
        return ("change", [operation.to_diff_tuple() for operation in self.upgrade])


def with_downgrade(
    up: list[MigrateOperation], down: list[MigrateOperation]
) -> list[MigrateOperation]:
    """Return operations of which Alembic's reversing makes the given downgrade."""
    upgrades: list[MigrateOperation] = [ReversibleOp([operation]) for operation in up]
    return [*upgrades, ReversibleOp([], down)]


@Operations.implementation_for(ReversibleOp)
def _run(operations: Operations, operation: ReversibleOp) -> None:
    for part in operation.upgrade:
        operations.invoke(part)


@renderers.dispatch_for(ReversibleOp)
def _render(context: AutogenContext, operation: ReversibleOp) -> list[str]:
    return [line for part in operation.upgrade for line in render_op(context, part)]
