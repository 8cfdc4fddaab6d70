"""An operation that gives a table or a column another name, and the old one back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


@dataclass
class RenameOp(MigrateOperation):
    """Another name for a table, or for a column of one.

    Alembic's own operations of this name can neither be turned round nor, a table's, be rendered.
    schema: None for the default one. table: the column's, as it is called at that moment; None
    when it is a table that is renamed.
    """

    schema: str | None
    table: str | None
    old: str
    new: str

    def reverse(self) -> RenameOp:
        """Return the way back."""
        return RenameOp(self.schema, self.table, self.new, self.old)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what Alembic's check reports."""
        kind = "rename_table" if self.table is None else "rename_column"
        return (kind, self.schema, self.table, self.old, self.new)

    @property
    def label(self) -> str:
        """The object, by its old name."""
        return ".".join(part for part in (self.schema, self.table, self.old) if part)


@Operations.implementation_for(RenameOp)
def _run(operations: Operations, operation: RenameOp) -> None:
    old, new = operation.old, operation.new
    if operation.table is None:
        operations.rename_table(old, new, schema=operation.schema)
    else:
        operations.alter_column(operation.table, old, new_column_name=new, schema=operation.schema)


@renderers.dispatch_for(RenameOp)
def _render(context: AutogenContext, operation: RenameOp) -> str:
    prefix = context.opts["alembic_module_prefix"]
    old, new = str(operation.old), str(operation.new)
    schema = f", schema={str(operation.schema)!r}" if operation.schema else ""
    if operation.table is None:
        return f"{prefix}rename_table({old!r}, {new!r}{schema})"
    table = str(operation.table)
    return f"{prefix}alter_column({table!r}, {old!r}, new_column_name={new!r}{schema})"
