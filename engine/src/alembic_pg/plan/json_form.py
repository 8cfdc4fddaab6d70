"""Print a plan as JSON, for a program; docs/json.md is written from the types here."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, TypedDict, cast

if TYPE_CHECKING:
    from alembic_pg.plan.revision_plan import RevisionPlan

# The form of the JSON; it grows when a name in it goes or means something else.
JSON_FORMAT = 1

_LEFT_OUT = {"summary", "sql"}


class PlannedObject(TypedDict):
    """What a statement does, and how a run executes it."""

    operation: Annotated[str, "what the statement does, in words: add column"]
    object: Annotated[str, "to what: posts.title"]
    steps: Annotated[str, 'how a run executes it, "" where it runs as it stands']
    lock: Annotated[str, 'the strongest lock that it takes, "" for none']
    effect: Annotated[str, "how long the lock is held, or what happens beside traffic"]


class StatementObject(PlannedObject):
    """One statement of a revision."""

    is_done: Annotated[bool, "whether an earlier run has done it"]
    is_large: Annotated[bool | None, "whether its table is large; null: it is about no table"]
    rows: Annotated[float | None, "rows of the table, by its statistics; null without any"]
    size: Annotated[int | None, "bytes of the table; null: it is about no table"]
    table: Annotated[str, 'name of the table as SQL has it, "" without one']


class RevisionObject(TypedDict):
    """One revision that would run."""

    revision: Annotated[str, "its id"]
    label: Annotated[str, "its id and its message"]
    commits_steps: Annotated[bool, "whether it runs in steps that commit, not in one transaction"]
    unreadable: Annotated[
        str, 'why its statements cannot be known before it runs, "" where they can'
    ]
    statements: Annotated[list[StatementObject], "in their order"]
    destroys: Annotated[list[str], "what it destroys"]
    unconfirmed: Annotated[list[str], "what of that it does not name"]
    declaration: Annotated[str, "the line for the revision's file that names all of it"]
    breaks: Annotated[list[str], "what code of the release before breaks on"]
    warnings: Annotated[list[str], "sentences that the run would print"]
    refusals: Annotated[list[str], "sentences with which the run would stop"]


class PlanObject(TypedDict):
    """What a run would do."""

    undone: Annotated[
        str | None, "the revision whose half-done upgrade the command would take back first"
    ]
    remarks: Annotated[list[str], "sentences about the run as a whole"]
    refusals: Annotated[
        list[str], "sentences with which the run would stop before its first statement"
    ]
    revisions: Annotated[list[RevisionObject], "those that would run, in their order"]


class JsonForm:
    """Gather the revisions, and print them at the end."""

    def __init__(self) -> None:
        self._revisions: list[RevisionObject] = []
        self._remarks: list[str] = []
        self._refusals: list[str] = []

    def remark(self, text: str, *, refused: bool = False) -> None:
        """Take a sentence."""
        (self._refusals if refused else self._remarks).append(text)

    def add(self, plan: RevisionPlan) -> None:
        """Take a revision."""
        found = asdict(plan)
        # The text itself may have what is nobody's business: a role's password.
        found["statements"] = [
            {name: value for name, value in (one | one["summary"]).items() if name not in _LEFT_OUT}
            for one in found["statements"]
        ]
        self._revisions.append(cast("RevisionObject", found))

    def end(self, *, undone: str, nothing_to_do: bool) -> None:
        """Print them."""
        del nothing_to_do  # there is no revision then
        whole: PlanObject = {
            "undone": undone or None,
            "remarks": self._remarks,
            "refusals": self._refusals,
            "revisions": self._revisions,
        }
        sys.stdout.write(f"{json.dumps({'format': JSON_FORMAT, **whole}, indent=2)}\n")
