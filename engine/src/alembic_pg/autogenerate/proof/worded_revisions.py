"""Word the revisions of a change as a person would, as far as the proof holds with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops

from alembic_pg.autogenerate.dump import compare
from alembic_pg.autogenerate.ops import alembic_calls, flatten
from alembic_pg.autogenerate.ops.column_grants_op import ColumnGrantsOp, with_column_grants
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.candidate import open_candidate
from alembic_pg.autogenerate.proof.wording import Wording, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation
    from alembic.operations.ops import MigrationScript, OpContainer
    from alembic.runtime.migration import MigrationContext

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.proof.candidate import Candidate
    from alembic_pg.autogenerate.sides.comparison import Comparison

# What has other words than Alembic's.
_WORDED = (StatementOp, ColumnGrantsOp, ops.CreateIndexOp, ops.CreateCheckConstraintOp)

# All words, those that are left when one direction takes some back, and then the other one.
_ATTEMPTS = 3


def word_revisions(
    context: MigrationContext, comparison: Comparison, scripts: Sequence[MigrationScript]
) -> None:
    """Word the operations of revisions, which are proven as they are, in both directions.

    What fails in words, or leads elsewhere, stays as PostgreSQL prints it.
    """
    ways: list[list[OpContainer]] = [
        [upgrade for script in scripts for upgrade in script.upgrade_ops_list],
        [downgrade for script in reversed(scripts) for downgrade in script.downgrade_ops_list],
    ]
    plain = [[with_column_grants(flatten.flatten(part.ops)) for part in way] for way in ways]
    if not any(isinstance(one, _WORDED) for way in plain for part in way for one in part):
        return
    wording = Wording(comparison)
    up, down = plain
    worded = [[*map(wording.worded, up)], [*map(wording.worded_back, down)]]
    if _change_texts(plain, worded) and not _prove(context, comparison, plain, worded):
        worded = [[[*map(_as_printed, part)] for part in way] for way in plain]
    for way, parts in zip(ways, worded, strict=True):
        for container, operations in zip(way, parts, strict=True):
            container.ops[:] = operations


def _as_printed(operation: MigrateOperation) -> MigrateOperation:
    """Return an operation with PostgreSQL's texts, in Alembic's words where they say the same."""
    if not isinstance(operation, StatementOp):
        return operation
    statements = tuple(map(one_line, operation.upgrade))
    return replace(operation, upgrade=statements, in_words=not any(map(_is_loose, statements)))


def _is_loose(statement: str) -> bool:
    """Return whether Alembic's words for a statement leave out its ONLY."""
    is_only = statement.startswith("ALTER TABLE ONLY ")
    return is_only and alembic_calls.alembic_call(statement) is not None


def _change_texts(
    plain: list[list[list[MigrateOperation]]], worded: list[list[list[MigrateOperation]]]
) -> bool:
    """Return whether words say anything else than what was proven."""
    return any(
        one != other
        for way, other_way in zip(plain, worded, strict=True)
        for part, other_part in zip(way, other_way, strict=True)
        for one, other in zip(map(_as_printed, part), other_part, strict=True)
    )


def _prove(
    context: MigrationContext,
    comparison: Comparison,
    plain: list[list[list[MigrateOperation]]],
    worded: list[list[list[MigrateOperation]]],
) -> bool:
    """Run words on candidates, there and back; return whether they lead there.

    What fails or leads elsewhere is taken back in ``worded``, to what was proven.
    """
    rendering = AutogenContext(context, autogenerate=False)
    for _ in range(_ATTEMPTS):
        with open_candidate(comparison, rendering) as candidate:
            goals = comparison.after, candidate.dump() if comparison.renames else comparison.before
            if all(
                _run_way(candidate, plain[direction], worded[direction], goal)
                for direction, goal in enumerate(goals)
            ):
                return True
    return False


def _run_way(
    candidate: Candidate,
    plain: list[list[MigrateOperation]],
    worded: list[list[MigrateOperation]],
    goal: Dump,
) -> bool:
    """Run one direction; return whether it leads to the goal. What does not is taken back."""
    try:
        for proven, operations in zip(plain, worded, strict=True):
            _run_part(candidate, proven, operations)
    except Exception:  # noqa: BLE001  # words before it are the reason, whichever
        for proven, operations in zip(plain, worded, strict=True):
            operations[:] = map(_as_printed, proven)
        return False
    found = candidate.dump()
    differing = compare.differing_keys(found, goal)
    labels = {side[key].label for key in differing for side in (found, goal) if key in side}
    for proven, operations in zip(plain, worded, strict=True):
        for place, operation in enumerate(operations):
            if not labels.isdisjoint(_labels(operation)):
                operations[place] = _as_printed(proven[place])
    return not differing


def _labels(operation: MigrateOperation) -> list[str]:
    """Return the labels of the objects that an operation in words is about."""
    parts = operation.parts if isinstance(operation, ColumnGrantsOp) else [operation]
    return [part.label for part in parts if isinstance(part, StatementOp)]


def _run_part(
    candidate: Candidate, proven: list[MigrateOperation], operations: list[MigrateOperation]
) -> None:
    """Run the operations of one revision; one that fails runs as it was proven."""
    places = {id(operation): place for place, operation in enumerate(operations)}
    with candidate.session() as session:
        for operation, error in candidate.run_each(session, [*operations]):
            if error is not None:
                place = places[id(operation)]
                operations[place] = _as_printed(proven[place])
                candidate.run_one(session, operations[place])
        session.commit()
