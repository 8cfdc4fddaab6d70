"""What autogenerate writes for each case of the matrix: the plan says what the run then does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.errors import UserError
from tests.matrix import cases
from tests.matrix.case import load
from tests.matrix.databases import create_built, execute, is_beyond
from tests.matrix.inside import write
from tests.online.site import VERSION, Site
from tests.plan.observed import differences

if TYPE_CHECKING:
    from pathlib import Path

    from _pytest.mark import ParameterSet
    from alembic_pg.database.scratch import ScratchServer
    from tests.matrix.case import Case

# Every so many cases, one runs with all other tests.
SAMPLE = 90


def _cases() -> list[ParameterSet]:
    return [
        pytest.param(
            case,
            id=f"plan of {case.name}",
            marks=[pytest.mark.matrix] if number % SAMPLE else [],
        )
        for number, case in enumerate(cases.every())
    ]


@pytest.mark.parametrize("case", _cases())
def test_plan_and_run_are_one(
    databases: ScratchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    try:
        url = create_built(databases, load(case.before))
        template = str(url.database)
        change = write(databases, template, pg_dump.dump_database(url), load(case.after))
    except UserError as error:
        assert is_beyond(databases, case, error), error  # noqa: PT017
        return
    if case.rows:
        execute(url, case.rows)
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    site = Site(url, tmp_path)
    site.revise("pass")
    site.sql(*VERSION)
    for part in change.parts:
        site.revise(f'exec({part!r}, {{"op": op, "sa": sa}})')
    assert differences(site) == [], change.up
    databases.drop(template)
