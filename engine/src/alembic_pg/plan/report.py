"""Format the plan of a revision as a table and sentences."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from alembic_pg.console import screen, table
from alembic_pg.online.run import large_tables
from alembic_pg.plan.planner import REWRITE, SCAN
from alembic_pg.revisions import destroys_declaration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.signals import RefusedError
    from alembic_pg.plan.planner import Planner
    from alembic_pg.plan.strategy_summary import ExecutionSummary
    from alembic_pg.revisions.impact_findings import Impact

_THOUSAND = 1000
_KILO = 1024

# Of a lock for which everybody else waits.
_WAITING = "all wait"


def lock_cell(how: ExecutionSummary, about: Relation | None, planner: Planner) -> str:
    """Return what others meet. about: the table. planner: knows from which size on one is large."""
    nature = how.effect
    if nature in {SCAN, REWRITE} and about is not None:
        nature += f", {_WAITING}" if large_tables.is_large(planner, about) else " of a small table"
    return f"{how.lock}: {nature}" if how.lock else nature


def format_row_count(count: float) -> str:
    """Return how many rows a table has, of the statistics."""
    if count < 0:
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
    found: Impact,
    refusals: Iterable[RefusedError],
    said: Iterable[str] | None,
    warnings: Iterable[str] = (),
) -> Iterator[str]:
    """Yield what follows the table of a revision.

    said: what the revision says that it destroys, None where it is only about to be written.
    warnings: what the run would tell.
    """
    if found.destroys:
        destroys = _wrap_line(f"Destroys: {', '.join(found.destroys)}.")
        yield screen.paint(destroys, screen.DESTROYS)
        missing = [name for name in found.destroys if name not in (said or ())]
        if missing:
            yield (
                "Confirm it in the revision, else alembic-pg lint fails: "
                f"{destroys_declaration.declaration_line([*(said or ()), *missing])}"
            )
    if found.breaks:
        yield _wrap_line(f"Code of the release before breaks on: {'; '.join(found.breaks)}.")
    yield from map(_wrap_line, warnings)
    for refusal in refusals:
        lines = map(_wrap_line, f"Refused: {refusal.text}".splitlines())
        yield from (screen.paint(line, screen.FAILED) for line in lines)


def _wrap_line(line: str) -> str:
    return textwrap.fill(
        line,
        screen.width(),
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def render_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, in which equal rows that follow each other are one."""
    return table.render(head, [row for row, _ in groupby(rows)], _row_style)


def _row_style(row: Sequence[str]) -> str:
    """Return the colour of a row: of one that destroys something, or for which others wait."""
    if row[0].startswith("drop"):
        return screen.DESTROYS
    return screen.WAITS if any(_WAITING in cell for cell in row) else ""
