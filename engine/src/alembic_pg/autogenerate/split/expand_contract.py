"""Split a change into a revision that adds and a later one that drops.

Code of the release before still uses what is dropped, and runs until the next release is
everywhere. So whole tables, columns, views and functions are dropped in a revision of their own
after the rest (expand, then contract). Each of the two is proved by itself, up and down.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.alter import dropped_columns
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.scope import column_differences
from alembic_pg.autogenerate.split import stages
from alembic_pg.sql.quoting import QUALIFIED_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation
    from alembic.runtime.migration import MigrationContext

    from alembic_pg.autogenerate.dump.entry import ColumnPath, Dump
    from alembic_pg.autogenerate.dump.table_definition import Column
    from alembic_pg.autogenerate.sides.comparison import Comparison
    from alembic_pg.autogenerate.split.stages import Stages

# What a query may name, and what is made of or for it.
_QUERYABLE_KINDS = {
    "TABLE",
    "FOREIGN TABLE",
    "VIEW",
    "MATERIALIZED VIEW",
    "FUNCTION",
    "PROCEDURE",
    "AGGREGATE",
    "TYPE",
    "DOMAIN",
    "SEQUENCE",
    "SCHEMA",
    "EXTENSION",
}


_DROP_COLUMN = re.compile(
    rf"ALTER (?:FOREIGN )?TABLE (?:ONLY )?(?P<table>{QUALIFIED_NAME})"
    rf' DROP COLUMN (?P<name>"(?:[^"]|"")*"|[^\s;]+);'
)


class EntangledError(Exception):
    """Say that what is dropped cannot be dropped later by itself."""


def find_stages(
    context: MigrationContext, comparison: Comparison, operations: Sequence[MigrateOperation]
) -> Stages | None:
    """Return the stages of a revision; None where it drops nothing, or does nothing else.

    operations: the revision's, proven as they are.
    Raises EntangledError where what is dropped cannot be dropped later by itself.
    """
    all_operations = stages.without_renames_and_checks(comparison, operations)
    going = _contract_operations(all_operations, comparison.before, comparison.after)
    columns = column_differences.columns_by_path(comparison.before)
    drops_along = dropped_columns.drops_along_with_columns(
        all_operations, going, columns, comparison.before, comparison.after
    )
    if not going or (len(going + drops_along) == len(all_operations) and not comparison.renames):
        return None
    prover = stages.make_prover(context, comparison)
    nullable = _NullableBeforeDrop(columns)
    contract = {id(operation): nullable.nullable_drop_op(operation) for operation in going}
    plain: dict[int, MigrateOperation] = {id(operation): operation for operation in going}
    staying = {id(operation): operation for operation in drops_along}
    tried = [(contract, nullable.drop_not_null_ops), (plain, [])]
    for second, more in [
        *[({**staying, **replaced}, add) for replaced, add in tried if drops_along],
        *tried,
    ]:
        expand = [operation for operation in all_operations if id(operation) not in second]
        ordered = [second[id(operation)] for operation in all_operations if id(operation) in second]
        try:
            return prover.prove_stages([*expand, *more], ordered)
        except Exception:  # noqa: BLE001, S112  # whatever it is, this is not the way
            continue
    raise EntangledError


def _contract_operations(
    operations: Sequence[MigrateOperation], before: Dump, after: Dump
) -> list[MigrateOperation]:
    """Return the operations that only take something away, of which nothing is left."""
    gone = {
        key for key, entry in before.items() if key not in after and entry.kind in _QUERYABLE_KINDS
    }
    # Nor what comes with other parameters: a call could mean both.
    staying = {entry.label.partition("(")[0] for entry in after.values()}
    moved = []
    for operation in operations:
        if isinstance(operation, StatementOp):
            keys = {key for key, entry in before.items() if entry.label == operation.label}
            needs = {need for key in keys for need in before[key].needs}
            whole = operation.action == "drop" and operation.label.partition("(")[0] not in staying
            # A grant on it, a trigger or a policy of it goes along.
            goes = (whole and bool((keys | needs) & gone)) or _drops_columns(operation)
        elif isinstance(operation, ops.DropColumnOp):
            goes = _drops_column_for_good(operation, after)
        else:
            drops = type(operation).__name__.startswith("Drop")
            goes = drops and flatten.changed_table_key(operation) in gone
        if goes:
            moved.append(operation)
    return moved


def _drops_columns(operation: StatementOp) -> bool:
    return bool(operation.upgrade) and all(map(_DROP_COLUMN.match, operation.upgrade))


def _drops_column_for_good(operation: ops.DropColumnOp, after: Dump) -> bool:
    """Return whether a column is dropped for good, and not for a new one of its name."""
    key = flatten.changed_table_key(operation)
    place = (operation.schema or "public", operation.table_name, operation.column_name)
    return key in after and place not in column_differences.columns_by_path({key: after[key]})


class _NullableBeforeDrop:
    """Let new code leave out columns that are NOT NULL and not dropped yet.

    columns: the columns before. drop_not_null_ops: the operations for it, of the first revision.
    """

    def __init__(self, known: dict[ColumnPath, Column]) -> None:
        self.columns = known
        self.drop_not_null_ops: list[MigrateOperation] = []

    def nullable_drop_op(self, operation: MigrateOperation) -> MigrateOperation:
        """Return what drops the column, which can be NULL by then."""
        if not isinstance(operation, ops.DropColumnOp):
            return operation
        schema, table, name = operation.schema, operation.table_name, operation.column_name
        known = self.columns.get((schema or "public", table, name))
        if known is None or not known.not_null or known.default or known.generated:
            return operation
        column = operation.to_column()._copy()  # noqa: SLF001  # no public name
        column.nullable = True
        self.drop_not_null_ops.append(
            ops.AlterColumnOp(
                table,
                name,
                schema=schema,
                existing_type=column.type,
                existing_nullable=False,
                modify_nullable=True,
            )
        )
        return ops.DropColumnOp.from_column_and_tablename(schema, table, column)
