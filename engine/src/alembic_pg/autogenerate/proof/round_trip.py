"""Check on a candidate that operations lead to their goal, back, and there again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import compare
from alembic_pg.autogenerate.ops.reversible_op import with_downgrade
from alembic_pg.autogenerate.proof import search, with_guards

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.proof.candidate import Candidate
    from alembic_pg.autogenerate.scope.column_differences import ColumnPath
    from alembic_pg.autogenerate.sides.comparison import Comparison
    from alembic_pg.database.server_features import ServerFeatures


def with_searched_downgrade(  # noqa: PLR0913, PLR0917  # what both proofs know
    one: Candidate,
    comparison: Comparison,
    fills: set[ColumnPath],
    ways: ServerFeatures,
    found: list[MigrateOperation],
    original: Dump,
) -> list[MigrateOperation]:
    """Return operations, which the candidate is at the end of, with a way back that is searched.

    original: what they begin at. Raises what says that one of the ways does not lead there.
    """
    search.expect_equal(comparison.after, one.dump())
    down = search.find_operations(one, comparison.after, comparison.before, [], ways)
    up = with_guards.add_guards(comparison, fills, with_downgrade(found, down))
    one.run(reversed_operations(comparison.renames))
    one.run(up)
    search.expect_equal(comparison.after, one.dump())
    one.run(reversed_operations(up))
    search.expect_equal(original, one.dump())
    return up


def passes_round_trip(
    one: Candidate, operations: list[MigrateOperation], original: Dump, goal: Dump
) -> bool:
    """Return whether operations lead from one schema to the other, back, and there again."""
    up, down = (operations, goal), (reversed_operations(operations), original)
    return all(reaches_goal(one, way, end) for way, end in (up, down, up))


def reversed_operations(operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return what takes operations back."""
    return [operation.reverse() for operation in reversed(operations)]


def reaches_goal(candidate: Candidate, operations: Sequence[MigrateOperation], goal: Dump) -> bool:
    """Run operations on the candidate; return whether they lead to the goal."""
    try:
        candidate.run(operations)
    except Exception:  # noqa: BLE001  # whatever it is, this is not the way
        return False
    return not compare.differing_keys(candidate.dump(), goal)
