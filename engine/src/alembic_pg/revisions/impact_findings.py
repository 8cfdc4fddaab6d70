"""Define Impact: what a statement or a revision destroys, and what breaks on it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Impact:
    """What is destroyed, and what code of the release before breaks on.

    destroys: names as a revision's ``destroys`` has them. breaks: short sentences.
    pending_breaks: sentences that a later statement of the revision may still take back, by the
    object that such a statement would name; "" takes one back.
    """

    destroys: list[str] = field(default_factory=list)
    breaks: list[str] = field(default_factory=list)
    pending_breaks: dict[tuple[str, ...], str] = field(default_factory=dict)

    def merge(self, other: Impact) -> None:
        """Add what another impact has and this one has not."""
        self.destroys += [one for one in other.destroys if one not in self.destroys]
        self.breaks += [one for one in other.breaks if one not in self.breaks]
        self.pending_breaks.update(other.pending_breaks)
