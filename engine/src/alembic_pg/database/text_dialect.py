"""Compile statements as text for the server, with no marks for the driver's parameters."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect


def dialect_without_marks(dialect: Dialect) -> Dialect:
    """Return a copy of a dialect that writes percent signs as they are."""
    plain = copy.copy(dialect)
    plain.paramstyle = "named"  # else percent signs are doubled for the driver
    plain.identifier_preparer = plain.preparer(plain)
    return plain
