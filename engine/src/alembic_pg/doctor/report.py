"""Print the checks as one screen, or as JSON."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from alembic_pg.console import screen, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.doctor.check import Check

# The form of the JSON; it grows when a name in it goes or means something else.
JSON_FORMAT = 1


def as_text(checks: Sequence[Check]) -> str:
    """Return the checks, and after them what to do."""
    rows = []
    for _, group in groupby(checks, key=lambda one: one.topic):
        for number, one in enumerate(group):
            rows.append(("" if number else one.topic, one.name, one.found))
    wrong = {one.name for one in checks if one.cure}
    drawn = table.render(
        ("", "what", "found"), rows, lambda row: screen.WAITS if row[1] in wrong else ""
    )
    cures = [screen.paint(f"{one.name}: {one.cure}", screen.WAITS) for one in checks if one.cure]
    return "\n".join([drawn, "", *(cures or ["Nothing is missing."])])


def as_object(checks: Sequence[Check]) -> dict[str, Any]:
    """Return the checks for a program; docs/doctor.md says what each name means."""
    return {"checks": [asdict(one) for one in checks]}
