"""Hold what was looked at, and what it was found to be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One line of the screen.

    topic: the group of lines. name: what was looked at. found: what it is, without a password.
    cure: what to do about it, "" where nothing is wrong.
    """

    topic: str
    name: str
    found: str
    cure: str = ""
