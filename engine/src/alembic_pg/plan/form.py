"""Define what a form of a plan takes: each revision as it is planned, and the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from alembic_pg.plan.revision_plan import RevisionPlan


class PlanForm(Protocol):
    """Print a plan."""

    def remark(self, text: str, *, refused: bool = False) -> None:
        """Take a sentence about the run as a whole. refused: whether the run would stop with it."""

    def add(self, plan: RevisionPlan) -> None:
        """Take the next revision."""

    def end(self, *, undone: str, nothing_to_do: bool) -> None:
        """Take the end.

        undone: the revision whose half-done upgrade the command would take back, "" for none.
        nothing_to_do: whether the database is there already.
        """
