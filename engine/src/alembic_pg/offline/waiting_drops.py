"""Keep the drops that a script writes later than its revision has them.

As in a run, what does for an index or a constraint is made before it goes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.offline.table_names import normalized_name
from alembic_pg.sql import parser, session_statements, statements

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from alembic_pg.online.run.signals import Wait


def may_wait(sql: str, later: Sequence[str], created: Container[str]) -> bool:
    """Return whether a statement drops an index or a constraint, and a later one makes one.

    later: the statements of the revision after it. created: tables that nobody else has, as
    normalized_name() writes them; theirs do not count.
    """
    drops = isinstance(parser.parse(sql), statements.DropIndex)
    if not (drops or session_statements.dropped_constraint(sql)):
        return False
    made = (parser.parse(one) for one in later)
    return any(
        isinstance(one, statements.AddConstraint | statements.CreateIndex)
        and normalized_name(one.table) not in created
        for one in made
    )


@dataclass
class WaitingDrops:
    """The statements that drop something, and are not written yet, in the revision's order.

    waiting: each with the later ones for which it waits.
    """

    waiting: list[tuple[str, Wait]] = field(default_factory=list)

    def add(self, sql: str, wait: Wait) -> None:
        """Let a statement wait."""
        self.waiting.append((sql, wait))

    def take_due(self, sql: str = "") -> list[str]:
        """Return, and forget, those that come before a statement; all of them before none."""
        due = [one for one, wait in self.waiting if not wait.lasts_at(sql, replaced=False)]
        self.waiting = [(one, wait) for one, wait in self.waiting if one not in due]
        return due

    def take_replaced(self, sql: str) -> str:
        """Return, and forget, the one whose place a statement takes, "" without."""
        found = next((one for one, wait in self.waiting if wait.replacement == sql), "")
        self.waiting = [(one, wait) for one, wait in self.waiting if one != found]
        return found
