"""Print the checks as one screen."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from alembic_pg.console import screen, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.doctor.check import Check


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
    cures = [f"{one.name}: {one.cure}" for one in checks if one.cure]
    cures = [screen.paint(screen.fit(one), screen.WAITS) for one in cures]
    return "\n".join([drawn, "", *(cures or ["Nothing is missing."])])
