"""Take Alembic's operations out of their containers, and tell which of them change anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.dump.entry import table_key
from alembic_pg.autogenerate.dump.part_owner import index_and_constraint_keys
from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.ops.using_op import UsingOp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Dump


_ALTER_TYPE = re.compile(r" ALTER COLUMN .* TYPE ", re.DOTALL)


def flatten(operations: Iterable[MigrateOperation]) -> Iterator[MigrateOperation]:
    """Yield the operations themselves; ModifyTableOps and its like only hold them."""
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from flatten(operation.ops)
        elif isinstance(operation, ReversibleOp):
            yield from flatten(operation.upgrade)
        else:
            if isinstance(operation, ops.AlterColumnOp):
                # MySQL's; PostgreSQL's implementation warns of it at every run.
                operation.kw.pop("autoincrement", None)
                operation.kw.pop("existing_autoincrement", None)
            yield operation


def upgrade_operations(script: ops.MigrationScript) -> list[MigrateOperation]:
    """Return the operations of a revision's upgrade themselves."""
    return [one for upgrade in script.upgrade_ops_list for one in flatten(upgrade.ops)]


def is_known_operation(operation: MigrateOperation) -> bool:
    """Return whether an operation is Alembic's own or this engine's.

    What other packages' comparators propose needs them in every later run of the revision, and
    PostgreSQL shows the same difference to us.
    """
    return type(operation).__module__.partition(".")[0] in {"alembic", "alembic_pg"}


def touches_changed_table(
    operation: MigrateOperation, changed: set[str], default_schema: str = "public"
) -> bool:
    """Return whether an operation touches a table of which PostgreSQL shows a difference.

    Equal entries mean equal objects, whatever a comparator says.
    changed: the keys of the tables that differ, by themselves or in what belongs to them.
    """
    table = changed_table_key(operation, default_schema)
    return table is None or table in changed


def is_unwanted(
    operation: MigrateOperation,
    before: Dump,
    after: Dump,
    created: frozenset[str],
) -> bool:
    """Return whether an operation drops what stays, or changes what PostgreSQL says is equal.

    Alembic sees in the models only what SQLAlchemy declares, and would drop a column, an index or
    a partition that a listener's DDL makes, with its rows.
    created: created_parts() of all that Alembic proposes; of an index or constraint that is there
    afterwards and not among them, PostgreSQL says what changes.
    """
    table = changed_table_key(operation)
    if isinstance(operation, ops.DropTableOp):
        return table in after
    if isinstance(operation, ops.DropColumnOp):
        return table in after and operation.column_name in table_definition.column_names(
            after[table]
        )
    if isinstance(operation, ops.AddColumnOp):
        # Alembic adds a serial column without its default, and old rows would have no value.
        return f"DEFAULT {str(table).removeprefix('TABLE ')} {operation.column.name}" in after
    drops = isinstance(operation, (ops.DropIndexOp, ops.DropConstraintOp))
    return any(
        key in before
        and key in after
        and (
            before[key].text == after[key].text
            or (drops and created.isdisjoint({key, _table_of_part(operation)}))
        )
        for key in _part_keys(operation)
    )


def created_parts(operations: Iterable[MigrateOperation]) -> frozenset[str]:
    """Return the keys that the indexes and constraints may have which operations make.

    One that has no name has its table's key: it may be any of them.
    """
    creating = (ops.CreateIndexOp, ops.AddConstraintOp)
    return frozenset(
        key
        for operation in operations
        if isinstance(operation, creating)
        for key in _part_keys(operation) or (_table_of_part(operation),)
    )


def _part_keys(operation: MigrateOperation) -> tuple[str, ...]:
    """Return the keys that the index or constraint of an operation may have, none of others."""
    name = getattr(operation, "index_name", None) or getattr(operation, "constraint_name", None)
    schema, table = _place_of_part(operation)
    return index_and_constraint_keys(schema, table, name) if table and name else ()


def _table_of_part(operation: MigrateOperation) -> str:
    """Return the key of the table whose index or constraint an operation makes or drops."""
    return table_key(*_place_of_part(operation))


def _place_of_part(operation: MigrateOperation) -> tuple[str, str]:
    if isinstance(operation, ops.CreateForeignKeyOp):
        return operation.kw.get("source_schema") or "public", operation.source_table
    schema = getattr(operation, "schema", None) or "public"
    return schema, getattr(operation, "table_name", None) or ""


def changed_table_key(operation: MigrateOperation, default_schema: str = "public") -> str | None:
    """Return the key of the table that an operation changes."""
    name = getattr(operation, "table_name", None)
    if name is None:
        return None
    return table_key(getattr(operation, "schema", None) or default_schema, name)


def alters_type(operation: MigrateOperation) -> bool:
    """Return whether an operation changes the type of a column."""
    if isinstance(operation, ops.AlterColumnOp):
        return operation.modify_type is not None
    return isinstance(operation, StatementOp) and any(map(_ALTER_TYPE.search, operation.upgrade))


def altered_columns(operations: Iterable[MigrateOperation]) -> dict[str, set[str]]:
    """Return the columns that change their type or go, by the keys of their tables."""
    altered: dict[str, set[str]] = {}
    for operation in flatten(operations):
        retypes = isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None
        if retypes or isinstance(operation, (ops.DropColumnOp, UsingOp)):
            table, column = changed_table_key(operation), getattr(operation, "column_name", "")
            altered.setdefault(table or "", set()).add(column)
    return altered


def dropped_tables(operations: Iterable[MigrateOperation]) -> set[str]:
    """Return the tables that go."""
    return {
        key
        for operation in operations
        if isinstance(operation, ops.DropTableOp)
        if (key := changed_table_key(operation))
    }
