"""Print drift as lines for a person."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_pg.console import screen, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.drift.difference import Difference
    from alembic_pg.drift.drift import Drift


def as_text(drift: Drift, *, diffs: bool = False) -> str:
    """Return what a person reads: where, how many, and a line for each object.

    diffs: whether the definitions that differ follow.
    """
    lines = [f"{_place(drift)}: {_verdict(drift)}"]
    lines += [f"Unfinished: {line}" for line in drift.unfinished]
    lines = [screen.fit(line) for line in (*lines, *drift.remarks)]
    if drift.differences:
        changed = dict(drift.changed_at)
        head = ("drift", "object", "changed at") if changed else ("drift", "object")
        rows = [
            (one.change, one.label, changed.get(one.label, ""))[: len(head)]
            for one in drift.differences
        ]
        lines += [table.render(head, rows, _row_style)]
    if diffs:
        lines += [f"\n{one.label}\n{_diff(one)}" for one in drift.differences]
    return "\n".join(lines)


def only(drift: Drift, differences: Sequence[Difference]) -> Drift:
    """Return the same with some of the differences."""
    return replace(drift, differences=tuple(differences))


def _row_style(row: Sequence[str]) -> str:
    """Return the colour of a difference."""
    return {"missing": screen.DESTROYS, "extra": screen.ADDS}.get(row[0], screen.WAITS)


def _place(drift: Drift) -> str:
    pending = f", {drift.pending} pending" if drift.pending else ""
    return f"{drift.database} on {drift.host} as {drift.role}, at {drift.at}{pending}"


def _verdict(drift: Drift) -> str:
    number = len(drift.differences)
    ignored = f" ({len(drift.ignored)} ignored)" if drift.ignored else ""
    if not number and drift.lost:
        return f"only its revision is missing{ignored}."
    if not number:
        return f"no drift{ignored}."
    objects = "1 object differs" if number == 1 else f"{number} objects differ"
    return f"{objects} from what the revisions build{ignored}."


def _diff(difference: Difference) -> str:
    """Return the lines that differ between the revisions' definition and the database's."""
    lines = difflib.unified_diff(
        difference.expected.splitlines(),
        difference.found.splitlines(),
        "revisions",
        "database",
        n=1,
        lineterm="",
    )
    return "\n".join(lines)
