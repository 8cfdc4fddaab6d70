"""Replace the operations that Alembic's comparators propose by complete, proven ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.util import PriorityDispatchResult
from sqlalchemy import DefaultClause

from alembic_pg.autogenerate.alter import generated_columns
from alembic_pg.autogenerate.hints import backfill, casts
from alembic_pg.autogenerate.ops import flatten, stable_order
from alembic_pg.autogenerate.proof.prove import prove_operations
from alembic_pg.autogenerate.scope import differing_tables
from alembic_pg.console import status
from alembic_pg.database.server_features import ServerFeatures

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import AlterColumnOp, UpgradeOps
    from sqlalchemy import Column

    from alembic_pg.autogenerate.sides.comparison import Comparison

# The option of configure() that carries the Comparison.
COMPARISON_OPTION = "alembic_pg_comparison"


def order_tables(context: AutogenContext) -> PriorityDispatchResult:
    """Spare the other comparators of a check to sort what has not changed."""
    comparison: Comparison | None = context.opts.get(COMPARISON_OPTION)
    if comparison is not None and not comparison.must_prove:
        differing_tables.with_changed_last(context, comparison.changed_tables)
    return PriorityDispatchResult.CONTINUE


def compare_default(  # noqa: PLR0913, PLR0917  # Alembic's signature
    context: AutogenContext,
    operation: AlterColumnOp,
    schema: str | None,
    table: str,
    name: str,
    old: Column[Any],
    new: Column[Any],
) -> PriorityDispatchResult:
    """Let PostgreSQL say whether a default differs.

    Alembic's own comparator asks by a SELECT, which fails where the types differ, and fails on an
    identity. Identity and generated columns are left to alter.remaining_changes.
    """
    del schema, table, name
    comparison: Comparison | None = context.opts.get(COMPARISON_OPTION)
    if comparison is None:  # a project whose env.py takes all plugins that there are
        return PriorityDispatchResult.CONTINUE
    operation.existing_server_default = old.server_default
    plain = all(isinstance(column.server_default, DefaultClause | None) for column in (old, new))
    if plain and comparison.column_differences.default_differs(old):
        operation.modify_server_default = new.server_default
    return PriorityDispatchResult.CONTINUE


def complete_operations(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Replace Alembic's operations by the ones that lead from the revisions to the models, proven.

    Raises UserError when nothing can express a difference, or when a step fails.
    """
    comparison: Comparison | None = context.opts.get(COMPARISON_OPTION)
    if comparison is None:
        return PriorityDispatchResult.CONTINUE
    keys = comparison.differing_keys
    changed = comparison.changed_tables
    operations = [
        op
        for op in flatten.flatten(upgrade_ops.ops)
        if flatten.is_known_operation(op)
        and flatten.touches_changed_table(op, changed)
        and not flatten.is_unwanted(op, comparison.before, comparison.after)
    ]
    operations = stable_order.in_stable_order(operations, comparison.before)
    features = ServerFeatures(comparison.databases.version)
    operations = generated_columns.around_type_changes(
        operations, comparison.before, comparison.after, features
    )
    tables = context.table_key_to_table
    cast = casts.add_casts(operations, tables, comparison.before, comparison.after)
    operations = list(backfill.add_backfills(cast, tables, comparison.before, comparison.after))
    differs = keys or comparison.renames
    status.reached("", 0, 0)  # the tables are compared
    with status.doing("Proving the revision" if comparison.must_prove else "Finding what differs"):
        upgrade_ops.ops[:] = prove_operations(context, comparison, operations) if differs else []
    return PriorityDispatchResult.CONTINUE
