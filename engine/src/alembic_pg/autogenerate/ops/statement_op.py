"""Define an operation that executes SQL statements, and holds those that undo them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations
from sqlalchemy import text

from alembic_pg.autogenerate.ops import statement_source

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


@dataclass
class StatementOp(MigrateOperation):
    """Execute statements for one object.

    upgrade, downgrade: the statements of each direction, in the order in which they run.
    action: "create", "drop" or "change". label: the object, for the table on the screen.
    """

    action: str
    label: str
    upgrade: tuple[str, ...]
    downgrade: tuple[str, ...]

    def reverse(self) -> StatementOp:
        """Return the operation that takes this one back."""
        action = {"create": "drop", "drop": "create"}.get(self.action, self.action)
        return StatementOp(action, self.label, self.downgrade, self.upgrade)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what Alembic's check reports."""
        return (self.action, self.label)


@Operations.implementation_for(StatementOp)
def _run(operations: Operations, operation: StatementOp) -> None:
    for statement in operation.upgrade:
        operations.execute(text(statement_source.escape_colons(statement)))


@renderers.dispatch_for(StatementOp)
def _render(context: AutogenContext, operation: StatementOp) -> list[str]:
    prefix = context.opts["alembic_module_prefix"]
    return [
        f"{prefix}execute({statement_source.python_literal(statement_source.escape_colons(statement.removesuffix(';')))})"
        for statement in operation.upgrade
    ]
