"""Format the plan of a revision as a table and sentences."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from alembic_pg.console import screen, table
from alembic_pg.online.strategies.strategy import REWRITE, SCAN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alembic_pg.plan.revision_plan import StatementPlan

_THOUSAND = 1000
_KILO = 1024

# Of a lock for which everybody else waits.
_WAITING = "all wait"


def lock_cell(planned: StatementPlan) -> str:
    """Return what others meet."""
    how = planned.summary
    nature = how.effect
    if nature in {SCAN, REWRITE} and planned.is_large is not None:
        nature += f", {_WAITING}" if planned.is_large else " of a small table"
    return f"{how.lock}: {nature}" if how.lock else nature


def format_row_count(count: float | None) -> str:
    """Return how many rows a table has, by its statistics. count: None without any."""
    if count is None:
        return "?"
    return _format_with_unit(count, _THOUSAND, ("", "k", "M", "G", "T"))


def format_size(count: int) -> str:
    """Return bytes."""
    return _format_with_unit(count, _KILO, (" B", " kB", " MB", " GB", " TB"))


def _format_with_unit(count: float, step: int, units: tuple[str, ...]) -> str:
    at = 0
    while count >= step and at + 1 < len(units):
        count, at = count / step, at + 1
    digits = 1 if at and count < 10 else 0  # noqa: PLR2004  # 1.5M, 15M
    return f"{count:.{digits}f}{units[at]}"


def findings_lines(
    destroys: Sequence[str],
    declaration: str,
    breaks: Iterable[str],
    warnings: Iterable[str] = (),
    refusals: Iterable[str] = (),
) -> Iterator[str]:
    """Yield what follows the table of a revision; the arguments are those of RevisionPlan."""
    if destroys:
        yield screen.paint(screen.wrap(f"Destroys: {', '.join(destroys)}."), screen.DESTROYS)
    if declaration:
        confirm = "Confirm it in the revision, else alembic-pg lint fails:"
        yield screen.with_code(confirm, declaration)
    if sentences := "; ".join(breaks):
        yield screen.wrap(f"Code of the release before breaks on: {sentences}.")
    yield from map(screen.wrap, warnings)
    for refusal in refusals:
        lines = map(screen.wrap, f"Refused: {refusal}".splitlines())
        yield from (screen.paint(line, screen.FAILED) for line in lines)


def render_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, in which equal rows that follow each other are one."""
    return table.render(head, [row for row, _ in groupby(rows)], _row_style)


def _row_style(row: Sequence[str]) -> str:
    """Return the colour of a row: of one that destroys something, or for which others wait."""
    if row[0].startswith("drop"):
        return screen.DESTROYS
    return screen.WAITS if any(_WAITING in cell for cell in row) else ""
