"""docs/matrix.md: what a run of all cases showed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.matrix.bystanders import Measured
    from tests.matrix.case import Case

HEAD = """# What autogenerate finds

Written by `nox -s matrix`, after every case passed. Each one is two schemas that differ in one
thing. `alembic revision --autogenerate` has to find it, the revision has to lead from one database
to one that `pg_dump` cannot tell from the other schema, `alembic check` has to be clean then, the
downgrade has to lead back, and the upgrade there again; rows stay. The same for the revision of the
way back, but where PostgreSQL itself, or a value that would be lost, stands in its way ("there").
"""


BYSTANDERS = """## What is dropped and made again

These objects are the same before and after, and a revision drops them since PostgreSQL refuses the
change otherwise. What it says then was tried for each.
"""


def of(cases: Iterable[Case], measured: Iterable[Measured]) -> str:
    """Return the document of cases that passed. measured: what their revisions drop."""
    return "\n".join([_changes(cases), *_dropped(measured), ""])


def is_of(document: str, cases: Iterable[Case]) -> bool:
    """Return whether a document is of these cases."""
    return document.partition(BYSTANDERS)[0].rstrip() == _changes(cases).rstrip()


def _changes(cases: Iterable[Case]) -> str:
    ordered = sorted(cases, key=lambda case: (case.kind, case.attribute, case.since))
    lines = [HEAD, f"{len(ordered)} cases of {len({case.kind for case in ordered})} kinds."]
    for kind, members in groupby(ordered, key=lambda case: case.kind):
        lines += ["", f"## {kind}", "", "| change | ways | since |", "| --- | --- | --- |"]
        lines += _rows(members)
    return "\n".join([*lines, "", f"<!-- {digest(ordered)} -->", ""])


def digest(cases: Iterable[Case]) -> str:
    """Return what changes with any of the cases; what a revision's text has to say is left out."""
    texts = sorted(repr(replace(case, says=())) for case in cases)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _dropped(measured: Iterable[Measured]) -> Iterator[str]:
    ordered = sorted({*measured}, key=lambda one: (one.case, one.way, one.key))
    named = [one for one in ordered if not one.goes_along]
    yield BYSTANDERS
    yield f"{len(named)} in {len({one.case for one in named})} cases; {len(ordered) - len(named)}"
    yield "more are parts of these, grants and comments, or of what changes."
    yield from ("", "| change | way | object | PostgreSQL says |", "| --- | --- | --- | --- |")
    for one in named:
        cells = (one.case, one.way, one.key, one.reason)
        yield f"| {' | '.join(' '.join(cell.split()).replace('|', BAR) for cell in cells)} |"


BAR = "\\|"


def _rows(cases: Iterable[Case]) -> Iterator[str]:
    for case in cases:
        ways = "there" if case.oneway else "there and back"
        since = f"PostgreSQL {case.since}" if case.since else ""
        change = case.attribute.replace("|", "\\|")
        yield f"| {change} | {ways} | {since} |"
