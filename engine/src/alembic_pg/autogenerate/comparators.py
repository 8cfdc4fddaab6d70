"""Replace the operations that Alembic's comparators propose by complete, proven ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.util import PriorityDispatchResult
from sqlalchemy import DefaultClause

from alembic_pg.autogenerate.scope import differing_tables
from alembic_pg.console import status

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
    status.reached("", 0, 0)  # the tables are compared
    if not comparison.differing_keys and not comparison.renames:
        upgrade_ops.ops[:] = []
        return PriorityDispatchResult.CONTINUE
    # Here because a clean check needs none of it.
    from alembic_pg.autogenerate import proven_operations  # noqa: PLC0415

    upgrade_ops.ops[:] = proven_operations.proven_operations(context, comparison, upgrade_ops)
    return PriorityDispatchResult.CONTINUE
