"""Make a verdict on a ledger an object for a program; docs/json.md is written from the types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

if TYPE_CHECKING:
    from alembic_pg.ledger.keep import Verdict

# The form of the JSON; it grows when a name in it goes or means something else.
JSON_FORMAT = 1


class LineObject(TypedDict):
    """One line of the ledger."""

    revision: Annotated[str, "the id of the revision"]
    before: Annotated[str, "the state of a database before it"]
    after: Annotated[str, "the state after it"]


class ProblemObject(TypedDict):
    """One thing that is not as it should be."""

    kind: Annotated[
        Literal["heads", "missing", "removed", "moved", "edited", "behind"],
        "heads: there are several; missing: from the ledger; removed: from the history; moved: to "
        "another place in it; edited: it builds something else; behind: this tree lacks it",
    ]
    revision: Annotated[str, "its id; several with commas"]
    sentence: Annotated[str, "what is wrong and what to do"]


class LedgerObject(TypedDict):
    """What the ledger says, and what is wrong with it."""

    file: Annotated[str, "the path of the ledger"]
    postgresql: Annotated[int, "the major version of the server that built the states"]
    revisions: Annotated[list[LineObject], "its lines, oldest first"]
    problems: Annotated[list[ProblemObject], "empty where the ledger is right"]
    unproven: Annotated[str | None, "why no state was compared"]
    written: Annotated[list[str], "the ids whose lines are new, changed or gone"]


def as_object(verdict: Verdict) -> LedgerObject:
    """Return what a program reads."""
    ledger = verdict.ledger
    return {
        "file": str(verdict.file),
        "postgresql": ledger.major,
        "revisions": [
            {"revision": one, "before": states.before, "after": states.after}
            for one, states in ledger.lines.items()
        ],
        "problems": [
            {"kind": one.kind, "revision": one.revision, "sentence": one.sentence}
            for one in verdict.problems
        ],
        "unproven": verdict.unproven or None,
        "written": list(verdict.written),
    }
