"""Name an operation and its object in plain words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.ops.rename_op import RenameOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql.quoting import part_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation


# What Alembic calls a constraint that is dropped, in words.
_CONSTRAINTS = {
    "check": "check constraint",
    "foreignkey": "foreign key",
    "primary": "primary key",
    "unique": "unique constraint",
}

_ALTERED_COLUMN = re.compile(
    r"^(?:ALTER TABLE \S+|   ) (?:ADD|ALTER|DROP) COLUMN (?P<column>\"(?:[^\"]|\"\")*\"|[^\s;]+)",
    re.MULTILINE,
)


def operation_row(operation: MigrateOperation) -> tuple[str, str]:
    """Return the operation and its object, for the table on the screen."""
    if isinstance(operation, StatementOp):
        return operation.action, changed_object([operation])
    if isinstance(operation, ops.AlterColumnOp):
        return f"alter column: {_changed_attributes(operation)}", _object_name(operation)
    if isinstance(operation, RenameOp):
        return f"rename to {operation.new_label}", operation.label
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", type(operation).__name__.removesuffix("Op"))
    return _verb(words.lower(), operation), _object_name(operation)


def changed_object(operations: Sequence[StatementOp]) -> str:
    """Return the object of operations, a table with the columns that they change in brackets."""
    label = operations[0].label
    if not label.startswith("table ") or operations[0].action != "change":
        return label
    columns = dict.fromkeys(
        match["column"].strip('"')
        for operation in operations
        for statement in operation.upgrade
        for match in _ALTERED_COLUMN.finditer(statement)
    )
    return f"{label} ({', '.join(columns)})" if columns else label


def _changed_attributes(operation: ops.AlterColumnOp) -> str:
    """Return which attributes of a column change."""
    changes = {
        "type": operation.modify_type is not None,
        "nullable": operation.modify_nullable is not None,
        "default": operation.modify_server_default is not False,
        "name": operation.modify_name is not None,
        "comment": operation.modify_comment is not False,
        "identity": any(key.startswith("modify_identity") for key in operation.kw),
    }
    return ", ".join(name for name, is_changed in changes.items() if is_changed)


def _verb(words: str, operation: MigrateOperation) -> str:
    """Return an operation in words: a constraint is added to its table, and not created."""
    if isinstance(operation, ops.DropConstraintOp):
        return f"drop {_CONSTRAINTS.get(operation.constraint_type or '', 'constraint')}"
    is_constraint = isinstance(operation, ops.AddConstraintOp)
    return f"add {words.removeprefix('create ')}" if is_constraint else words


def _object_name(operation: MigrateOperation) -> str:
    """Return what a person calls that which an operation changes."""
    schema, table = (getattr(operation, name, None) for name in ("schema", "table_name"))
    if index := getattr(operation, "index_name", None):
        return part_name("index", schema or "", str(table or ""), str(index))
    table = table or getattr(operation, "source_table", None)
    if constraint := getattr(operation, "constraint_name", None):
        schema = schema or getattr(operation, "source_schema", None)
        return part_name("constraint", schema or "", str(table), str(constraint))
    column = getattr(operation, "column_name", None) or getattr(
        getattr(operation, "column", None), "name", None
    )
    names = (
        schema,
        table,
        column,
    )
    return ".".join(str(name) for name in names if name)
