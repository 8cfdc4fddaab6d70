"""Complete the operations of a comparison, and prove them up, down and up again on candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.hints import backfill
from alembic_pg.autogenerate.proof import search, with_guards
from alembic_pg.autogenerate.proof.candidate import UnsafeValueError, open_candidate
from alembic_pg.autogenerate.proof.index_order import create_indexes_first
from alembic_pg.autogenerate.proof.minimal_drops import delay_drops, omit_needless_drops
from alembic_pg.autogenerate.proof.round_trip import (
    passes_round_trip,
    reaches_goal,
    reversed_operations,
    with_searched_downgrade,
)
from alembic_pg.database.server_features import ServerFeatures
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.sides.comparison import Comparison


def prove_operations(
    context: AutogenContext, comparison: Comparison, operations: Sequence[MigrateOperation]
) -> list[MigrateOperation]:
    """Return the complete operations after they went up, down and up again on a candidate.

    operations: Alembic's, of what differs. Where a value that is added to an enum is used in the
    same transaction, the enum is recreated instead.
    Raises UserError when nothing can express a difference, or when a step fails.
    """
    version = comparison.databases.version
    try:
        return _prove_with_features(context, comparison, operations, ServerFeatures(version))
    except UnsafeValueError as unsafe:
        try:
            return _prove_with_features(
                context, comparison, operations, ServerFeatures(version, recreate_enums=True)
            )
        except UserError as error:
            raise UserError(
                f"{error}\nAdd the value in a revision of its own first ({unsafe})."
            ) from error


def _prove_with_features(
    context: AutogenContext,
    comparison: Comparison,
    operations: Sequence[MigrateOperation],
    features: ServerFeatures,
) -> list[MigrateOperation]:
    """Return the operations, proven where that is asked for.

    Raises UnsafeValueError where an enum must be recreated for a value that is used.
    """
    before, after, renames = comparison.before, comparison.after, comparison.renames
    backfilled = backfill.columns_with_backfill(context.sorted_tables)
    with open_candidate(comparison, context) as candidate:
        original = candidate.dump() if renames and comparison.must_prove else before
        candidate.run(renames)
        completed = search.find_operations(candidate, before, after, operations, features)
        guarded = with_guards.add_guards(comparison, backfilled, completed)
        if not comparison.must_prove:
            return guarded
        tried = [[*map(id, completed)]]
        for shorter in (
            create_indexes_first(omit_needless_drops(completed)),
            create_indexes_first(completed),
            delay_drops(completed),
        ):
            if [*map(id, shorter)] in tried:
                continue
            tried.append([*map(id, shorter)])
            guarded_shorter = with_guards.add_guards(comparison, backfilled, shorter)
            with open_candidate(comparison, context) as second_candidate:
                if passes_round_trip(second_candidate, guarded_shorter, original, after):
                    return guarded_shorter
        if reaches_goal(candidate, reversed_operations(guarded), original) and reaches_goal(
            candidate, guarded, after
        ):
            return guarded
    # Reversing each operation is not enough: the downgrade is searched like the upgrade.
    with open_candidate(comparison, context) as candidate:
        candidate.run([*renames, *completed])
        return with_searched_downgrade(
            candidate, comparison, backfilled, features, completed, original
        )
