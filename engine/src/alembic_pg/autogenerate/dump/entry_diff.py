"""Render the difference between two entries as a unified diff."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Entry


class InexpressibleError(UserError):
    """Say that no operation can express a difference; the text shows the two entries as a diff."""

    def __init__(self, old: Entry | None, new: Entry | None) -> None:
        entry = new or old
        label = entry.label if entry else "an object"
        super().__init__(
            f"No operation changes {label} into what the models say; write this revision by hand:\n"
            f"{diff_entries(old, new)}"
        )


def diff_entries(old: Entry | None, new: Entry | None) -> str:
    """Return the lines that differ between the revisions' entry and the models'."""
    lines = difflib.unified_diff(
        old.text.splitlines() if old else [],
        new.text.splitlines() if new else [],
        "revisions",
        "models",
        n=1,
        lineterm="",
    )
    return "\n".join(lines)
