"""An operation that gives a table or a column another name, and the old one back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations
from sqlalchemy import text

from alembic_pg.autogenerate.ops import statement_source
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


@dataclass
class RenameOp(MigrateOperation):
    """Another name for a table, or for a column of one.

    Alembic's own operations of this name can neither be turned round nor, a table's, be rendered.
    schema: None for the default one. table: the column's, as it is called at that moment; None
    when it is a table that is renamed. to: the schema that a table moves to, None when it stays;
    it is there.
    """

    schema: str | None
    table: str | None
    old: str
    new: str
    to: str | None = None

    def reverse(self) -> RenameOp:
        """Return the way back."""
        if self.to is None:
            return RenameOp(self.schema, self.table, self.new, self.old)
        schema = None if self.to == "public" else self.to
        return RenameOp(schema, self.table, self.new, self.old, self.schema or "public")

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what Alembic's check reports."""
        kind = "rename_table" if self.table is None else "rename_column"
        return (kind, self.schema, self.table, self.old, self.new)

    @property
    def label(self) -> str:
        """The object, by its old name."""
        return ".".join(part for part in (self.schema, self.table, self.old) if part)

    @property
    def target(self) -> str:
        """The new name, with its schema where that is another one."""
        return ".".join(part for part in (self.to, self.new) if part)

    @property
    def places(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """The schema and name that a table has before and after."""
        schema = self.schema or "public"
        return (schema, self.old), (self.to or schema, self.new)

    @property
    def move(self) -> str:
        """The statement that brings a table to its new schema, "" when it stays."""
        if self.to is None:
            return ""
        place = quote_name(self.schema or "public", self.old)
        return f"ALTER TABLE {place} SET SCHEMA {quote_name(self.to)}"


@Operations.implementation_for(RenameOp)
def _run(operations: Operations, operation: RenameOp) -> None:
    old, new = operation.old, operation.new
    if operation.move:
        operations.execute(text(statement_source.escape_colons(operation.move)))
    if operation.table is None:
        if old != new:
            operations.rename_table(old, new, schema=operation.to or operation.schema)
    else:
        operations.alter_column(operation.table, old, new_column_name=new, schema=operation.schema)


@renderers.dispatch_for(RenameOp)
def _render(context: AutogenContext, operation: RenameOp) -> list[str]:
    prefix = context.opts["alembic_module_prefix"]
    old, new = str(operation.old), str(operation.new)
    place = operation.to or operation.schema
    schema = f", schema={str(place)!r}" if place else ""
    if operation.table is None:
        move = statement_source.python_literal(statement_source.escape_colons(operation.move))
        moved = [f"{prefix}execute({move})"] if operation.move else []
        rename = f"{prefix}rename_table({old!r}, {new!r}{schema})"
        return [*moved, rename] if old != new else moved
    table = str(operation.table)
    return [f"{prefix}alter_column({table!r}, {old!r}, new_column_name={new!r}{schema})"]
