"""Print a plan as Markdown, for a pull request."""

from __future__ import annotations

import sys
from itertools import groupby
from typing import TYPE_CHECKING

from alembic_pg.plan import text_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alembic_pg.plan.revision_plan import RevisionPlan


class MarkdownForm:
    """Print each revision when it is planned."""

    def remark(self, text: str, *, refused: bool = False) -> None:
        """Print a sentence."""
        said = _escape(" ".join(text.split()))
        sys.stdout.write(f"**Refused:** {said}\n\n" if refused else f"{said}\n\n")

    def add(self, plan: RevisionPlan) -> None:
        """Print a revision."""
        sys.stdout.write("\n".join(_lines(plan)) + "\n\n")

    def end(self, *, undone: str, nothing_to_do: bool) -> None:
        """Print that nothing was done."""
        last = text_form.end_text(undone=undone, nothing_to_do=nothing_to_do)
        sys.stdout.write(f"{_escape(last)}\n")


def _lines(plan: RevisionPlan) -> Iterator[str]:
    title, _, how = text_form.first_line(plan).rpartition(": ")
    yield f"### {_escape(title)}\n\n{_escape(how)}"
    if plan.statements:
        rows = [row for row, _ in groupby(map(text_form.cells, plan.statements))]
        shown = [at for at in range(len(text_form.HEAD)) if any(row[at] for row in rows)]
        yield ""
        yield _row([text_form.HEAD[at] for at in shown])
        yield _row(["---"] * len(shown))
        yield from (_row([_escape(row[at]) for at in shown]) for row in rows)
    yield from _list("Destroys", plan.destroys)
    if plan.declaration:
        yield f"\nNot confirmed: `{plan.declaration}`"
    yield from _list("Code of the release before breaks on", plan.breaks)
    yield from _list("The run would print", plan.warnings)
    yield from _list("Refused", plan.refusals)


def _list(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = [f"- {_escape(' '.join(line.split()))}" for line in lines]
    if listed:
        yield f"\n**{title}:**\n"
        yield from listed


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#" else sign for sign in text)
