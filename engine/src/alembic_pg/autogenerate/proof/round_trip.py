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
from alembic_pg.autogenerate.proof.recreated_once import recreate_once
from alembic_pg.database.errors import RefusedError

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
    original: the dump before them. delays: whether the downgrade drops once, and as late as
    delay_drops() lets it. Raises UserError when the upgrade or the downgrade does not lead to its
    goal, or what PostgreSQL raises.
    """
    search.expect_equal(comparison.after, candidate.dump())
    casts = [one.reverse() for one in flatten.flatten(operations) if isinstance(one, UsingOp)]
    down = _way_back(candidate, comparison, features, casts[::-1], original)
    down = delay_drops(recreate_once(down)) if delays else down

    def revision(down: list[MigrateOperation]) -> list[MigrateOperation]:
        both_ways = with_downgrade(operations, down)
        return with_guards.add_guards(comparison, both_ways, renames_go_back=False)

    up = revision(down)
    candidate.run(up)
    search.expect_equal(comparison.after, candidate.dump())
    if without_drops.recreated_objects(down) and (
        needless := needless_drops.find_needless_drops(candidate, down, comparison.after)
    ):
        shorter = revision(without_drops.without_drops(down, needless, needless))
        if reaches_goal(candidate, reversed_operations(shorter), original):
            return shorter
    candidate.run(reversed_operations(up))
    search.expect_equal(original, candidate.dump())
    return up


def _way_back(
    candidate: Candidate,
    comparison: Comparison,
    features: ServerFeatures,
    casts: Sequence[MigrateOperation],
    original: Dump,
) -> list[MigrateOperation]:
    """Lead the candidate from the models' schema to the original; return the operations that did.

    The renames go back last, as they come first on the way up; but the body of a SQL function that
    reads what is renamed is refused until then, and so is all that needs the function.
    """
    after, before = comparison.after, comparison.before
    renames = reversed_operations(comparison.renames)
    found = search.find_as_far_as_possible(
        candidate, after, before, casts, features, renames_follow=bool(renames)
    )
    try:
        candidate.run(renames)
    except RefusedError as refused:
        raise found.failure or refused from refused
    if found.failure is None:
        return [*found.operations, *renames]
    if not renames:
        raise found.failure
    rest = search.find_as_far_as_possible(candidate, candidate.dump(), original, [], features)
    if rest.failure is not None:
        raise found.failure
    return [*found.operations, *renames, *rest.operations]


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
