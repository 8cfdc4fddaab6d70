"""Print what was found before a run as lines for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.console import screen
from alembic_pg.online.run.violations import agreeing
from alembic_pg.plan import report, text_form
from alembic_pg.preflight.cost.estimate import UNCERTAINTY
from alembic_pg.preflight.hindrances import duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.preflight.cost.estimate import Estimate
    from alembic_pg.preflight.demand import Finding
    from alembic_pg.preflight.result import Result, RevisionResult

# Bytes for which nobody looks whether there is room.
_LITTLE = 10 * 1024 * 1024

_HEAD = (*text_form.HEAD, "time")


def as_text(result: Result) -> str:
    """Return what a person reads."""
    return "\n".join(_lines(result))


def _lines(result: Result) -> Iterator[str]:
    number = len(result.revisions)
    pending = "nothing is pending" if not number else f"{number} pending"
    counted = f", rows counted on {result.replica}" if result.replica else ""
    yield screen.wrap(
        f"{result.database} on {result.host} as {result.role}, at {result.at}, {pending}{counted}."
    )
    if result.no_plan:
        yield screen.wrap(f"No plan: {result.no_plan}")
    yield from map(screen.wrap, result.remarks)
    for refusal in result.refusals:
        yield screen.paint(screen.wrap(f"Refused: {refusal}"), screen.FAILED)
    for hindrance in result.hindrances:
        told = f"In the way: {hindrance.text}" if hindrance.blocks else hindrance.text
        yield screen.paint(screen.wrap(told), screen.WAITS)
    for one in result.revisions:
        yield ""
        yield from _revision_lines(one)
    yield ""
    yield from map(screen.wrap, _last_lines(result))


def _revision_lines(found: RevisionResult) -> Iterator[str]:
    plan = found.plan
    yield text_form.first_line(plan) if plan else f"Revision {found.label}"
    if plan and plan.statements:
        rows = [
            (*text_form.cells(planned), _about(estimate))
            for planned, estimate in zip(plan.statements, found.estimates, strict=True)
        ]
        yield report.render_table(_HEAD, rows)
        yield from report.findings_lines(
            plan.destroys, plan.declaration, plan.breaks, plan.warnings, plan.refusals
        )
    for one in found.findings:
        if one.refuses:
            yield screen.paint(screen.wrap(_refusal(one)), screen.FAILED)
            if one.remark:
                yield screen.wrap(f"  That may change: {one.remark[0].lower()}{one.remark[1:]}")
    for one in found.uncounted:
        yield screen.wrap(f"Not known: {one.kind} {one.object}. {one.why}")


def _refusal(found: Finding) -> str:
    """Return how many rows refuse, which, and what they do."""
    count = f"{found.count:,}"
    least = "at least " if found.at_least else ""
    unit = "value" if found.kind == "unique" else "row"
    many = unit if found.count == 1 else f"{unit}s"
    meaning = agreeing(found.count or 0, found.meaning)
    example = f", for example {found.example}" if found.example else ""
    values = ", ".join(f"{name} = {value}" for name, value in found.values.items())
    shown = f" ({values})" if values else ""
    return f"Refused: {least}{count} {many} of {found.table} {meaning}{example}{shown}."


def _about(estimate: Estimate) -> str:
    if estimate.seconds is None:
        return "?"
    return duration(estimate.seconds) if estimate.seconds >= 1 else ""


def _last_lines(result: Result) -> Iterator[str]:
    seconds = [one.seconds or 0.0 for each in result.revisions for one in each.estimates]
    if sum(seconds) >= 1:
        low, high = (duration(sum(seconds) * one) for one in (1 / UNCERTAINTY, UNCERTAINTY))
        yield f"About {duration(sum(seconds))} in all, between {low} and {high}."
    if result.space_needed > _LITTLE:
        room = result.space_free
        free = "" if room is None else f", {report.format_size(room)} free"
        yield f"Space: about {report.format_size(result.space_needed)} more for a time{free}."
    if result.lacks_space:
        yield "The disk has too little room."
    refused = [one for one in result.revisions if one.is_refused]
    if refused:
        names = ", ".join(one.revision for one in refused)
        cure = "correct the rows or the revision, and look again."
        yield f"The upgrade would stop at {names}: {cure}"
    elif result.blocks:
        yield "Something is in the way: --wait waits for it."
    elif any(one.uncounted for one in result.revisions):
        yield "No row is known to refuse, but not every question was answered."
    elif result.revisions:
        yield "No row refuses what is pending."
    else:
        yield "Nothing to do."
