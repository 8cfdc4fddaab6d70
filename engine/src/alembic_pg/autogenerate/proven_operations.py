"""Make the operations that lead from the revisions to the models of those that Alembic proposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import generated_columns
from alembic_pg.autogenerate.hints import backfill, casts
from alembic_pg.autogenerate.ops import flatten, stable_order
from alembic_pg.autogenerate.ops.alembic_corrections import (
    with_column_checks,
    without_circular_keys,
)
from alembic_pg.autogenerate.proof.prove import prove_operations
from alembic_pg.console import status

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import MigrateOperation
    from alembic.operations.ops import UpgradeOps

    from alembic_pg.autogenerate.sides.comparison import Comparison


def proven_operations(
    context: AutogenContext, comparison: Comparison, proposed: UpgradeOps
) -> list[MigrateOperation]:
    """Return the operations of a revision, proven there and back.

    Raises UserError when nothing can express a difference, or when a step fails.
    """
    before, after = comparison.before, comparison.after
    changed = comparison.changed_tables
    alembics = [op for op in flatten.flatten(proposed.ops) if flatten.is_known_operation(op)]
    created = flatten.created_parts(alembics)
    operations = [
        with_column_checks(op)
        for op in alembics
        if flatten.touches_changed_table(op, changed)
        and not flatten.is_unwanted(op, before, after, created)
    ]
    operations = stable_order.in_stable_order(without_circular_keys(operations), before)
    features = generated_columns.server_features(
        comparison.databases.version, before, after, changed
    )
    operations = generated_columns.around_type_changes(operations, before, after, features)
    tables = context.table_key_to_table
    cast = casts.add_casts(operations, tables, before, after)
    operations = list(backfill.add_backfills(cast, tables, before, after))
    with status.doing("Proving the revision" if comparison.must_prove else "Finding what differs"):
        return prove_operations(context, comparison, operations, features)
