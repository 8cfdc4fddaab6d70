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
    same transaction, the enum is made anew instead.
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
    ways: ServerFeatures,
) -> list[MigrateOperation]:
    """Return the operations, proven where that is asked for.

    Raises UnsafeValueError where an enum has to come anew for a value that is used.
    """
    before, after, renames = comparison.before, comparison.after, comparison.renames
    fills = backfill.columns_with_backfill(context.sorted_tables)
    with open_candidate(comparison, context) as one:
        original = one.dump() if renames and comparison.proven else before
        one.run(renames)
        found = search.find_operations(one, before, after, operations, ways)
        up = with_guards.add_guards(comparison, fills, found)
        if not comparison.proven:
            return up
        tried = [[*map(id, found)]]
        for tight in (
            create_indexes_first(omit_needless_drops(found)),
            create_indexes_first(found),
            delay_drops(found),
        ):
            if [*map(id, tight)] in tried:
                continue
            tried.append([*map(id, tight)])
            shorter = with_guards.add_guards(comparison, fills, tight)
            with open_candidate(comparison, context) as other:
                if passes_round_trip(other, shorter, original, after):
                    return shorter
        if reaches_goal(one, reversed_operations(up), original) and reaches_goal(one, up, after):
            return up
    # Turning each operation round is not enough: the way back is searched like the way up.
    with open_candidate(comparison, context) as one:
        one.run([*renames, *found])
        return with_searched_downgrade(one, comparison, fills, ways, found, original)
