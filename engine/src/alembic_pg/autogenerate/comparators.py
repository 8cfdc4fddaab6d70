"""Alembic's comparators of this engine: operations that are complete, and proven on a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.util import PriorityDispatchResult
from sqlalchemy import DefaultClause

from alembic_pg.autogenerate.hints import backfill
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.proof.prove import prove_operations

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import AlterColumnOp, UpgradeOps
    from sqlalchemy import Column

    from alembic_pg.autogenerate.sides.comparison import Comparison

# The option of configure() that carries the Comparison.
COMPARISON_OPTION = "alembic_pg_comparison"


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

    Alembic's own comparator asks by a SELECT, which fails where the types differ, and takes a
    callable but fails beside an identity. Identity and generated columns are left to the residue.
    """
    del schema, table, name
    plain = all(isinstance(one.server_default, DefaultClause | None) for one in (old, new))
    comparison: Comparison | None = context.opts.get(COMPARISON_OPTION)
    if comparison is None:
        return PriorityDispatchResult.CONTINUE
    operation.existing_server_default = old.server_default
    if plain and comparison.columns.default_differs(old):
        operation.modify_server_default = new.server_default
    return PriorityDispatchResult.CONTINUE


def complete_operations(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Replace Alembic's operations by those that lead from history to desired, proven.

    Raises UserError when nothing can express a difference, or when a step fails.
    """
    comparison: Comparison | None = context.opts.get(COMPARISON_OPTION)
    if comparison is None:  # a project whose env.py takes all plugins that there are
        return PriorityDispatchResult.CONTINUE
    keys = comparison.differing
    tables = comparison.tables
    operations = [
        op
        for op in flatten.flatten(upgrade_ops.ops)
        if flatten.touches_changed_table(op, tables)
        and not flatten.is_unwanted(op, comparison.before, comparison.after)
    ]
    operations = list(
        backfill.add_backfills(operations, context.table_key_to_table, comparison.after)
    )
    there_is = keys or comparison.renames
    upgrade_ops.ops[:] = prove_operations(context, comparison, operations) if there_is else []
    return PriorityDispatchResult.CONTINUE
