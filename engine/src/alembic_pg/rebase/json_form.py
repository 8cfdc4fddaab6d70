"""Make what became of a move an object for a program; docs/json.md is written from the type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

if TYPE_CHECKING:
    from alembic_pg.rebase.outcome import Outcome

# The form of the JSON; it grows when a name in it goes or means something else.
JSON_FORMAT = 1


class RebaseObject(TypedDict):
    """What became of a move."""

    base: Annotated[str, "the git revision whose revisions come first"]
    revisions: Annotated[list[str], "the ids of this branch's revisions, oldest first"]
    before: Annotated[str | None, "the revision that they came after; null for none"]
    after: Annotated[str | None, "the revision that they come after now, or would"]
    theirs: Annotated[list[str], "the ids of those that they come after now, and did not before"]
    moved: Annotated[bool, "whether they were moved"]
    commute: Annotated[
        bool | None, "whether both orders build the same; null where there was nothing to build"
    ]
    fails: Annotated[str | None, "the sentence of a revision that fails in one of the orders"]
    differences: Annotated[list[str], "the objects that the two orders build differently"]
    one_way: Annotated[list[str], "the ids of those whose downgrade leads back no more"]
    models: Annotated[list[str], "the objects that the models say otherwise"]
    models_unknown: Annotated[str | None, "why the models were not compared"]
    written: Annotated[list[str], "the files that changed, as seen from the current folder"]
    in_conflict: Annotated[list[str], "other files in which git still has a conflict"]
    next: Annotated[str | None, "the command that git waits for"]
    databases: Annotated[
        list[str], "the commands for a database that has run one of the revisions before"
    ]


def as_object(outcome: Outcome) -> RebaseObject:
    """Return what a program reads."""
    move, proof = outcome.move, outcome.proof
    return {
        "base": move.base,
        "revisions": [one.revision for one in move.own],
        "before": move.fork or None,
        "after": move.onto or None,
        "theirs": [one.revision for one in move.theirs],
        "moved": move.is_needed and not outcome.refused,
        "commute": proof.commutes if proof else None,
        "fails": (proof.fails or None) if proof else None,
        "differences": list(proof.differences) if proof else [],
        "one_way": list(proof.one_way) if proof else [],
        "models": list(outcome.models),
        "models_unknown": outcome.unknown or None,
        "written": list(outcome.written),
        "in_conflict": list(outcome.in_conflict),
        "next": outcome.next_step or None,
        "databases": list(outcome.databases),
    }
