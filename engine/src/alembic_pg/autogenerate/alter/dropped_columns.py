"""Find the operations that drop indexes, keys, grants, policies and triggers of a dropped column.

Code of the release before relies on them as long as the column exists: ON CONFLICT names a unique
key, a foreign key has ON DELETE CASCADE, and without its grant a column cannot be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy import ForeignKeyConstraint, UniqueConstraint

from alembic_pg.autogenerate.dump.entry import table_key
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic.operations import MigrateOperation
    from sqlalchemy import Index

    from alembic_pg.autogenerate.dump.entry import ColumnPath, Dump, Entry
    from alembic_pg.autogenerate.dump.table_definition import Column


def drops_along_with_columns(
    operations: Sequence[MigrateOperation],
    contract: Sequence[MigrateOperation],
    columns: Mapping[ColumnPath, Column],
    before: Dump,
    after: Dump,
) -> list[MigrateOperation]:
    """Return the operations that drop what belongs to a dropped column, and can wait for that.

    operations: all operations of a revision.
    contract: those of them that drop something for good, in the contract revision.
    columns: the columns that the revisions build.
    A key that would refuse new rows, which leave the column out, cannot wait.
    """
    gone = {
        (operation.schema or "public", operation.table_name, operation.column_name)
        for operation in contract
        if isinstance(operation, ops.DropColumnOp)
    }
    empty = {
        place
        for place in gone
        if place in columns and not columns[place].default and not columns[place].generated
    }
    keys_by_label = {
        entry.label: key
        for key, entry in before.items()
        if key not in after and any(_belongs_to_column(entry, *place) for place in gone)
    }
    dropped_keys = set(keys_by_label.values())
    # A trigger may have moved with its function.
    moved = {id(operation) for operation in contract}
    return [
        operation
        for operation in operations
        if id(operation) not in moved
        if (
            _drops_key_of_column(operation, gone, empty)
            and _dropped_index_key(operation) not in after
        )
        or _dropped_index_key(operation) in dropped_keys
        or (
            isinstance(operation, StatementOp)
            and operation.action == "drop"
            and operation.label in keys_by_label
        )
    ]


def _dropped_index_key(operation: MigrateOperation) -> str:
    """Return the key of the index that an operation drops, "" of none: another may come."""
    if not isinstance(operation, ops.DropIndexOp):
        return ""
    return f"INDEX {operation.schema or 'public'}.{operation.index_name}"


def _belongs_to_column(entry: Entry, schema: str, table: str, column: str) -> bool:
    """Return whether an entry is a column's grant, or a policy, trigger or index that names it.

    An index may do so in an expression, its condition or INCLUDE; what is unique there, rows of
    new code may not fit.
    """
    if entry.kind == "ACL" and entry.name.startswith("COLUMN "):
        (_, owner), name = Cursor(entry.name.removeprefix("COLUMN ")).column_name()
        return (entry.schema, owner, name) == (schema, table, column)
    if entry.kind not in {"POLICY", "TRIGGER", "INDEX"}:
        return False
    if table_key(schema, table) not in entry.needs or entry.create.startswith("CREATE UNIQUE"):
        return False
    definition = entry.create.partition(" USING ")[2] if entry.kind == "INDEX" else entry.create
    return any(token.identifier == column for token in tokenize(definition))


def _drops_key_of_column(
    operation: MigrateOperation, gone: set[ColumnPath], empty: set[ColumnPath]
) -> bool:
    """Return whether an operation drops a key of a column that goes, and rows without it fit.

    empty: the columns that are NULL in rows that leave them out.
    """
    if isinstance(operation, ops.DropIndexOp):
        index = operation.to_index()
        strict = index.dialect_options["postgresql"]["nulls_not_distinct"]
        places = _key_columns(operation, index)
        return not strict and bool(places & (empty if index.unique else gone))
    if isinstance(operation, ops.DropConstraintOp):
        key = operation.to_constraint()
        if isinstance(key, ForeignKeyConstraint):
            return _key_columns(operation, key) <= gone  # MATCH FULL wants all or none
        if isinstance(key, UniqueConstraint):
            strict = key.dialect_options["postgresql"]["nulls_not_distinct"]
            return not strict and bool(_key_columns(operation, key) & empty)
    return False


def _key_columns(
    operation: ops.DropIndexOp | ops.DropConstraintOp,
    key: Index | ForeignKeyConstraint | UniqueConstraint,
) -> set[ColumnPath]:
    table = (operation.schema or "public", str(operation.table_name))
    return {(*table, str(column.name)) for column in key.columns}
