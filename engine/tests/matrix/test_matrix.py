"""Every kind of object and attribute: detected, applied, equal, clean, back, and up again.

No revision drops what PostgreSQL would let stay.

Each step is the alembic command as a process, on the server of the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.matrix import cases
from tests.matrix.bystanders import MEASURED, Measured, find_bystanders
from tests.matrix.case import load
from tests.matrix.databases import build, execute, is_beyond, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from _pytest.mark import ParameterSet
    from alembic_pg.database.scratch import ScratchServer
    from tests.matrix.case import Case
    from tests.matrix.project import Project

# Every so many cases, one runs with all other tests; the whole matrix takes minutes.
SAMPLE = 700

CLEAN = "No new upgrade operations detected.\n"


def _cases() -> list[ParameterSet]:
    return [
        pytest.param(case, id=case.name, marks=[pytest.mark.matrix] if number % SAMPLE else [])
        for number, case in enumerate(cases.every())
    ]


@pytest.mark.parametrize("case", _cases())
def test_change_and_back(
    databases: ScratchServer,
    first: Project,
    second: Project,
    case: Case,
    record_property: Callable[[str, object], None],
) -> None:
    measured: list[Measured] = []

    def measure(project: Project, way: str) -> None:
        statements = project.statements(way.rpartition(" ")[2])
        found = find_bystanders(databases, str(project.database.database), *statements)
        assert all(one.reason for one in found), f"{way} drops what could stay: {found}"
        measured.extend(Measured(case.name, way, one.key, one.reason) for one in found)

    try:
        before, after = (build(databases, load(source)) for source in (case.before, case.after))
    except UserError as error:
        assert is_beyond(databases, case, error), error  # noqa: PT017
        return
    assert databases.version >= case.since * 10_000, "an older server has it, too"
    first.begin()
    first.revise(case.before, "before")
    first.go("upgrade", "head", to=before)
    if case.rows:
        execute(first.database, case.rows)
    kept = rows(first.database, case.keeps) if case.keeps else []
    change = first.revise(case.after, "after")
    assert change, "not detected"
    measure(first, "upgrade")
    text = change.replace("'", '"')  # ruff chooses the quotes
    for words, stands in ((case.says, True), (case.avoids, False)):
        for said in words:
            assert (said.replace("'", '"') in text) is stands, f"{said}\n{text}"
    first.go("upgrade", "head", to=after)
    assert first.succeed("check") == CLEAN
    if case.keeps:
        assert rows(first.database, case.keeps_after or case.keeps) == kept
    measure(first, "downgrade")
    first.back(to=before)
    if case.keeps:
        assert rows(first.database, case.keeps) == kept
    first.go("upgrade", "head", to=after)
    if not case.oneway:
        assert second.revise(case.before, "back"), "the way back is not detected"
        # On another database, whose tables are empty: its rows may not fit to what was before.
        second.go("upgrade", "head", to=before)
        assert second.succeed("check") == CLEAN
        measure(second, "back: downgrade")
        second.back(to=after)
        measure(second, "back: upgrade")
        second.go("upgrade", "head", to=before)
    record_property(MEASURED, [(one.case, one.way, one.key, one.reason) for one in measured])
