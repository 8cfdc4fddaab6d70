"""docs/matrix.md: what a run of all cases showed."""

from __future__ import annotations

import hashlib
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.matrix.case import Case

HEAD = """# What autogenerate finds

Written by `nox -s matrix`, after every case passed. Each one is two schemas that differ in one
thing. `alembic revision --autogenerate` has to find it, the revision has to lead from one database
to one that `pg_dump` cannot tell from the other schema, `alembic check` has to be clean then, the
downgrade has to lead back, and the upgrade there again; rows stay. The same for the revision of the
way back, but where PostgreSQL itself, or a value that would be lost, stands in its way ("there").
"""


def of(cases: Iterable[Case]) -> str:
    """Return the document of cases that passed."""
    ordered = sorted(cases, key=lambda case: (case.kind, case.attribute, case.since))
    lines = [HEAD, f"{len(ordered)} cases of {len({case.kind for case in ordered})} kinds."]
    for kind, members in groupby(ordered, key=lambda case: case.kind):
        lines += ["", f"## {kind}", "", "| change | ways | since |", "| --- | --- | --- |"]
        lines += _rows(members)
    return "\n".join([*lines, "", f"<!-- {digest(ordered)} -->", ""])


def digest(cases: Iterable[Case]) -> str:
    """Return what changes with any of the cases."""
    texts = sorted(repr(case) for case in cases)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _rows(cases: Iterable[Case]) -> Iterator[str]:
    for case in cases:
        ways = "there" if case.oneway else "there and back"
        since = f"PostgreSQL {case.since}" if case.since else ""
        change = case.attribute.replace("|", "\\|")
        yield f"| {change} | {ways} | {since} |"
