"""Define an operation that renames a table or a column, and can be reversed."""

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
    """Rename a table, or a column of one.

    Alembic's own operations of this name cannot be reversed, and a table's cannot be rendered.

    schema: None for the default one.
    table: the table of the column, by its name at that moment; None when a table is renamed.
    old, new: the names.
    to_schema: the schema that a table moves to, which exists; None when the table stays.
    """

    schema: str | None
    table: str | None
    old: str
    new: str
    to_schema: str | None = None

    def reverse(self) -> RenameOp:
        """Return the way back."""
        if self.to_schema is None:
            return RenameOp(self.schema, self.table, self.new, self.old)
        schema = None if self.to_schema == "public" else self.to_schema
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
    def new_label(self) -> str:
        """The new name, with its schema where that is another one."""
        return ".".join(part for part in (self.to_schema, self.new) if part)

    @property
    def table_names(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """The schema and name of a table, before and after the rename."""
        schema = self.schema or "public"
        return (schema, self.old), (self.to_schema or schema, self.new)

    @property
    def set_schema_statement(self) -> str:
        """The statement that moves a table to its new schema, "" when it stays."""
        if self.to_schema is None:
            return ""
        place = quote_name(self.schema or "public", self.old)
        return f"ALTER TABLE {place} SET SCHEMA {quote_name(self.to_schema)}"

    @property
    def statements(self) -> list[str]:
        """The statements that Alembic has no call for: it takes a schema's dot for a separator."""
        moved = [self.set_schema_statement] if self.set_schema_statement else []
        place = self.to_schema or self.schema or "public"
        if "." not in place or (self.table is None and self.old == self.new):
            return moved
        table, column = self.table or self.old, quote_name(self.old) if self.table else ""
        head = f"ALTER TABLE {quote_name(place, table)} RENAME"
        return [*moved, " ".join(filter(None, (head, column, "TO", quote_name(self.new))))]

    @property
    def has_call(self) -> bool:
        """Whether Alembic's own call of this name follows the statements."""
        is_moved_only = self.table is None and self.old == self.new
        return not is_moved_only and "." not in (self.to_schema or self.schema or "")


@Operations.implementation_for(RenameOp)
def _run(operations: Operations, operation: RenameOp) -> None:
    old, new = operation.old, operation.new
    for statement in operation.statements:
        operations.execute(text(statement_source.escape_colons(statement)))
    if not operation.has_call:
        return
    if operation.table is None:
        operations.rename_table(old, new, schema=operation.to_schema or operation.schema)
    else:
        operations.alter_column(operation.table, old, new_column_name=new, schema=operation.schema)


@renderers.dispatch_for(RenameOp)
def _render(context: AutogenContext, operation: RenameOp) -> list[str]:
    prefix = context.opts["alembic_module_prefix"]
    old, new = str(operation.old), str(operation.new)
    place = operation.to_schema or operation.schema
    schema = f", schema={str(place)!r}" if place else ""
    texts = [
        statement_source.python_literal(statement_source.escape_colons(statement))
        for statement in operation.statements
    ]
    lines = [f"{prefix}execute({literal})" for literal in texts]
    if not operation.has_call:
        return lines
    if operation.table is None:
        return [*lines, f"{prefix}rename_table({old!r}, {new!r}{schema})"]
    table = str(operation.table)
    return [*lines, f"{prefix}alter_column({table!r}, {old!r}, new_column_name={new!r}{schema})"]
