"""Print a plan as tables and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.console import screen
from alembic_pg.plan import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic_pg.plan.revision_plan import RevisionPlan, StatementPlan

HEAD = ("operation", "object", "how", "lock", "rows", "size")


class TextForm:
    """Print each revision when it is planned. say: takes a format and its values."""

    def __init__(self, say: Callable[..., None]) -> None:
        self._say = say

    def remark(self, text: str, *, refused: bool = False) -> None:
        """Print a sentence."""
        wrapped = screen.wrap(f"Refused: {text}" if refused else text)
        self._say("%s\n", screen.paint(wrapped, screen.FAILED) if refused else wrapped)

    def add(self, plan: RevisionPlan) -> None:
        """Print a revision."""
        self._say("%s\n", "\n".join(_lines(plan)))

    def end(self, *, undone: str, nothing_to_do: bool) -> None:
        """Print that nothing was done."""
        self._say("%s", end_text(undone=undone, nothing_to_do=nothing_to_do))


def end_text(*, undone: str, nothing_to_do: bool) -> str:
    """Return the last lines of a plan; the arguments are those of PlanForm.end()."""
    if undone:
        return (
            f"The upgrade of revision {undone} is half done, and would be taken back.\n\n"
            "Nothing was done: this was the plan."
        )
    if nothing_to_do:
        return "Nothing to do: the database is there already."
    return "Nothing was done: this was the plan."


def first_line(plan: RevisionPlan) -> str:
    """Return which revision it is, and how it runs."""
    if plan.unreadable:
        return (
            f"Revision {plan.label} asks the database while it runs, and cannot be shown: "
            f"{plan.unreadable}"
        )
    how = "in steps, which commit" if plan.commits_steps else "one transaction"
    return f"Revision {plan.label}: {how}"


def cells(planned: StatementPlan) -> tuple[str, ...]:
    """Return the texts of a statement, one for each column of HEAD."""
    return (
        planned.operation,
        planned.object,
        "done by an earlier run" if planned.is_done else planned.summary.steps,
        report.lock_cell(planned),
        "" if planned.size is None else report.format_row_count(planned.rows),
        "" if planned.size is None else report.format_size(planned.size),
    )


def _lines(plan: RevisionPlan) -> Iterator[str]:
    yield first_line(plan)
    if plan.statements:
        yield report.render_table(HEAD, map(cells, plan.statements))
    yield from report.findings_lines(
        plan.destroys, plan.declaration, plan.breaks, plan.warnings, plan.refusals
    )
