"""Name a revision for a person: its id, and its message where it has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.script import Script


def revision_label(revision: Script) -> str:
    """Return a revision's id, with its message in brackets where it has one."""
    return f"{revision.revision} ({revision.doc})" if revision.doc else str(revision.revision)
