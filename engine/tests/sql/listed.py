"""List where the hand-written parser may think otherwise than PostgreSQL's grammar, and why."""

from __future__ import annotations

import re

# A pattern of statements, and the reason.
LISTED: tuple[tuple[str, str], ...] = ()


def reason_for(sql: str) -> str:
    """Return why a statement may be read otherwise, "" where it may not."""
    found = (why for pattern, why in LISTED if re.search(pattern, sql, re.IGNORECASE | re.DOTALL))
    return next(found, "")
