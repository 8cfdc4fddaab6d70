"""Name an operation and its object in plain words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.ops.rename_op import RenameOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation


_ALTERED_COLUMN = re.compile(
    r"^(?:ALTER TABLE \S+|   ) (?:ADD|ALTER|DROP) COLUMN (?P<column>\"(?:[^\"]|\"\")*\"|[^\s;]+)",
    re.MULTILINE,
)


def operation_row(operation: MigrateOperation) -> tuple[str, str]:
    """Return the operation and its object, for the table on the screen."""
    if isinstance(operation, StatementOp):
        return operation.action, f"{operation.label}{_changed_columns(operation)}"
    if isinstance(operation, ops.AlterColumnOp):
        return f"alter column: {_changed_attributes(operation)}", _object_name(operation)
    if isinstance(operation, RenameOp):
        return f"rename to {operation.new_label}", operation.label
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", type(operation).__name__.removesuffix("Op"))
    return words.lower(), _object_name(operation)


def _changed_columns(operation: StatementOp) -> str:
    """Return the columns of a table that statements change, in brackets; "" of anything else."""
    if not operation.label.startswith("table ") or operation.action != "change":
        return ""
    columns = dict.fromkeys(
        match["column"].strip('"')
        for statement in operation.upgrade
        for match in _ALTERED_COLUMN.finditer(statement)
    )
    return f" ({', '.join(columns)})" if columns else ""


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


def _object_name(operation: MigrateOperation) -> str:
    """Return the name of what an operation changes, within its schema and table."""
    column = getattr(operation, "column_name", None) or getattr(
        getattr(operation, "column", None), "name", None
    )
    names = (
        getattr(operation, "schema", None),
        getattr(operation, "table_name", None) or getattr(operation, "source_table", None),
        column,
        getattr(operation, "constraint_name", None),
        getattr(operation, "index_name", None),
    )
    return ".".join(str(name) for name in names if name)
