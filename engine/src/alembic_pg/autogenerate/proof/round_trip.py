"""Check on a candidate that operations lead to their goal, back, and there again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import compare
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.reversal import reversed_operations
from alembic_pg.autogenerate.ops.reversible_op import with_downgrade
from alembic_pg.autogenerate.ops.using_op import UsingOp
from alembic_pg.autogenerate.proof import needless_drops, search, with_guards, without_drops
from alembic_pg.autogenerate.proof.minimal_drops import delay_drops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.proof.candidate import Candidate
    from alembic_pg.autogenerate.sides.comparison import Comparison
    from alembic_pg.database.server_features import ServerFeatures


def with_searched_downgrade(  # noqa: PLR0913  # what is known of the way
    candidate: Candidate,
    comparison: Comparison,
    features: ServerFeatures,
    operations: list[MigrateOperation],
    original: Dump,
    *,
    delays: bool = False,
) -> list[MigrateOperation]:
    """Return operations with a downgrade that is searched on the candidate, where they have run.

    How values come back to their type is known from the operations, which say how they left it.
    original: the dump before them. delays: whether the downgrade drops as late as delay_drops()
    lets it. Raises UserError when the upgrade or the downgrade does not lead to its goal, or what
    PostgreSQL raises.
    """
    search.expect_equal(comparison.after, candidate.dump())
    casts = [one.reverse() for one in flatten.flatten(operations) if isinstance(one, UsingOp)]
    down = search.find_operations(
        candidate, comparison.after, comparison.before, casts[::-1], features
    ).operations
    down = delay_drops(down) if delays else down
    up = with_guards.add_guards(comparison, with_downgrade(operations, down))
    candidate.run(reversed_operations(comparison.renames))
    candidate.run(up)
    search.expect_equal(comparison.after, candidate.dump())
    if without_drops.recreated_objects(down) and (
        needless := needless_drops.find_needless_drops(candidate, down, comparison.after)
    ):
        shorter = with_downgrade(operations, without_drops.without_drops(down, needless, needless))
        shorter_up = with_guards.add_guards(comparison, shorter)
        if reaches_goal(candidate, reversed_operations(shorter_up), original):
            return shorter_up
    candidate.run(reversed_operations(up))
    search.expect_equal(original, candidate.dump())
    return up


def passes_round_trip(
    candidate: Candidate, operations: list[MigrateOperation], original: Dump, goal: Dump
) -> bool:
    """Return whether operations lead from the original to the goal, back, and there again."""
    up, down = (operations, goal), (reversed_operations(operations), original)
    return all(reaches_goal(candidate, way, end) for way, end in (up, down, up))


def reaches_goal(candidate: Candidate, operations: Sequence[MigrateOperation], goal: Dump) -> bool:
    """Run operations on the candidate; return whether they lead to the goal."""
    try:
        candidate.run(operations)
    except Exception:  # noqa: BLE001  # whatever it is, this is not the way
        return False
    return not compare.differing_keys(candidate.dump(), goal)
