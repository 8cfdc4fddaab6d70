"""Print a plan as JSON, for a program; docs/plan.md says what each name means."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic_pg.plan.revision_plan import RevisionPlan

# The form of the JSON; it grows when a name in it goes or means something else.
JSON_FORMAT = 1

_LEFT_OUT = {"summary", "sql"}


class JsonForm:
    """Gather the revisions, and print them at the end."""

    def __init__(self) -> None:
        self._revisions: list[dict[str, Any]] = []
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
        self._revisions.append(found)

    def end(self, *, undone: str, nothing_to_do: bool) -> None:
        """Print them."""
        del nothing_to_do  # there is no revision then
        whole = {
            "format": JSON_FORMAT,
            "undone": undone or None,
            "remarks": self._remarks,
            "refusals": self._refusals,
            "revisions": self._revisions,
        }
        sys.stdout.write(f"{json.dumps(whole, indent=2)}\n")
