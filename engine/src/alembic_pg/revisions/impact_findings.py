"""What is found of a statement, or of a revision."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Impact:
    """What is destroyed, and what code of the release before breaks on.

    destroys: names as a revision's ``destroys`` has them. breaks: short sentences. later: such
    sentences that a later statement may still take back, by what it would name.
    """

    destroys: list[str] = field(default_factory=list)
    breaks: list[str] = field(default_factory=list)
    later: dict[tuple[str, ...], str] = field(default_factory=dict)

    def add(self, other: Impact) -> None:
        """Take over what another one has."""
        self.destroys += [one for one in other.destroys if one not in self.destroys]
        self.breaks += [one for one in other.breaks if one not in self.breaks]
        self.later.update(other.later)
