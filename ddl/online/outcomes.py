"""What becomes of a statement beside being executed or failing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ddl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Postponed:
    """A statement that waits for the next one, which may change what becomes of it.

    name: what it is about.
    """

    key: str
    name: str
    work: Callable[[], None]


class ReplayError(Exception):
    """Not a failure: the revision is rolled back, something prepared, and it runs once more."""

    def __init__(self, key: str, prepare: Callable[[], None]) -> None:
        super().__init__(key)
        self.key = key
        self.prepare = prepare


class LeftNothingError(UserError):
    """A step that failed, and took back all that it did."""
