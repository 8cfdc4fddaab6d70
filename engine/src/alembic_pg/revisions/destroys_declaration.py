"""Name the variable of a revision that says what it destroys, and write its line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# The variable of a revision.
VARIABLE = "destroys"


def declaration_line(names: Iterable[str]) -> str:
    """Return the line by which an author confirms what a revision destroys."""
    return f"{VARIABLE} = {json.dumps(list(names), ensure_ascii=False)}"
