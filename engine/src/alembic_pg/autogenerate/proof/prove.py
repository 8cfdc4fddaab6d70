"""Complete the operations of a comparison, and prove them up and down on candidates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops.reversal import reversed_operations
from alembic_pg.autogenerate.proof import needless_drops, search, with_guards, without_drops
from alembic_pg.autogenerate.proof.candidate import UnsafeValueError, open_candidate
from alembic_pg.autogenerate.proof.index_order import create_indexes_first
from alembic_pg.autogenerate.proof.late_columns import add_columns_late
from alembic_pg.autogenerate.proof.lost_settings import leave_out_lost_settings
from alembic_pg.autogenerate.proof.minimal_drops import delay_drops
from alembic_pg.autogenerate.proof.recreated_once import recreate_once
from alembic_pg.autogenerate.proof.reprinted_checks import replaced_checks
from alembic_pg.autogenerate.proof.round_trip import (
    passes_round_trip,
    reaches_goal,
    with_searched_downgrade,
)
from alembic_pg.database.errors import RefusedError
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.proof.candidate import Candidate
    from alembic_pg.autogenerate.sides.comparison import Comparison
    from alembic_pg.database.server_features import ServerFeatures


def prove_operations(
    context: AutogenContext,
    comparison: Comparison,
    operations: Sequence[MigrateOperation],
    features: ServerFeatures,
) -> list[MigrateOperation]:
    """Return the complete operations after they went up and down on a candidate.

    operations: Alembic's, of what differs. features: of the server. Where a value that is added to
    an enum is used in the same transaction, the enum is recreated instead.
    Raises UserError when nothing can express a difference, or when a step fails.
    """
    try:
        return _prove_with_features(context, comparison, operations, features)
    except UnsafeValueError as unsafe:
        try:
            return _prove_with_features(
                context, comparison, operations, replace(features, recreate_enums=True)
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
    proven, original = _prove_as_found(context, comparison, operations, features)
    if not comparison.must_prove:
        return proven

    def holds(shorter: list[MigrateOperation]) -> bool:
        with open_candidate(comparison, context) as candidate:
            return passes_round_trip(candidate, shorter, original, comparison.after)

    return leave_out_lost_settings(proven, holds)


def _prove_as_found(
    context: AutogenContext,
    comparison: Comparison,
    operations: Sequence[MigrateOperation],
    features: ServerFeatures,
) -> tuple[list[MigrateOperation], Dump]:
    """Return the operations, proven where that is asked for, and the dump they begin with."""
    before, after, renames = comparison.before, comparison.after, comparison.renames
    with open_candidate(comparison, context) as candidate:
        original = candidate.dump() if renames and comparison.must_prove else before
        candidate.run(renames)
        found = search.find_operations(candidate, before, after, operations, features)
        completed = found.operations
        guarded = with_guards.add_guards(comparison, completed)
        if not comparison.must_prove:
            return guarded, original
        shorter, can_reverse = _shorten(context, comparison, candidate, completed)
        tried = [[*map(id, completed)]]
        for ordered in _orders(shorter, completed) if can_reverse else ():
            if [*map(id, ordered)] in tried:
                continue
            tried.append([*map(id, ordered)])
            guarded_shorter = with_guards.add_guards(comparison, ordered)
            with open_candidate(comparison, context) as second_candidate:
                if passes_round_trip(second_candidate, guarded_shorter, original, after):
                    return guarded_shorter, original
        # What ran as a revision does need not run again, unless there is more in the revision.
        went_up = found.in_one_transaction and guarded == completed
        if reaches_goal(candidate, reversed_operations(guarded), original) and (
            went_up or reaches_goal(candidate, guarded, after)
        ):
            return guarded, original
    # Reversing each operation is not enough: the downgrade is searched like the upgrade.
    for chosen, delays in _ways_up(shorter, completed):
        with open_candidate(comparison, context) as candidate:
            try:
                candidate.run([*renames, *chosen])
                proven = with_searched_downgrade(
                    candidate, comparison, features, chosen, original, delays=delays
                )
            except (UserError, RefusedError):
                if chosen is completed and not delays:
                    raise
            else:
                return proven, original
    raise AssertionError


def _ways_up(
    shorter: list[MigrateOperation], completed: list[MigrateOperation]
) -> Iterator[tuple[list[MigrateOperation], bool]]:
    """Yield what to try, and whether the way back is to drop late, too; what is sure comes last."""
    once = recreate_once(add_columns_late(shorter))
    ways = {
        (delays, *map(id, chosen)): (chosen, delays)
        for chosen, delays in (
            (delay_drops(create_indexes_first(once)), True),
            (once, True),
            (shorter, True),
            (shorter, False),
            (completed, True),
        )
    }
    ways.pop((False, *map(id, completed)), None)
    yield from ways.values()
    yield completed, False


def _shorten(
    context: AutogenContext,
    comparison: Comparison,
    candidate: Candidate,
    operations: list[MigrateOperation],
) -> tuple[list[MigrateOperation], bool]:
    """Return operations without needless drops, and whether reversing them may lead back.

    candidate: where they have run.
    """
    if not (without_drops.recreated_objects(operations) or replaced_checks(operations)):
        return operations, True
    down = needless_drops.find_needless_drops(
        candidate, reversed_operations(operations), comparison.after
    )
    with open_candidate(comparison, context) as fresh:
        fresh.run(comparison.renames)
        up = needless_drops.find_needless_drops(fresh, operations, comparison.before)
    shorter = without_drops.without_drops(operations, up or (), down or ())
    return shorter, down is not None


def _orders(
    shorter: list[MigrateOperation], completed: list[MigrateOperation]
) -> Iterator[list[MigrateOperation]]:
    """Yield the orders to try, from the one that disturbs others least."""
    for operations in (recreate_once(add_columns_late(shorter)), shorter, completed):
        for ordered in (create_indexes_first(operations), operations):
            yield delay_drops(ordered)
            yield delay_drops(ordered, all_before=True)
            yield ordered
