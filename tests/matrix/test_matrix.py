"""Every kind of object and attribute: detected, applied, equal, back, and up again."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tests.matrix.cases
from ddl.compare import desired, dump
from ddl.errors import UserError
from tests.matrix.case import Case, differing, execute, load, rows, run, write

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from ddl.database.scratch import Scratch


# Every so many cases, one runs with all other tests; the whole matrix takes minutes.
SAMPLE = 40


def _cases() -> list[ParameterSet]:
    """Return the cases of all modules in cases/."""
    found: list[Case] = []
    for module in pkgutil.iter_modules([str(Path(__file__).parent / "cases")]):
        found += importlib.import_module(f"{tests.matrix.cases.__name__}.{module.name}").CASES
    return [
        pytest.param(case, id=case.name, marks=[pytest.mark.matrix] if number % SAMPLE else [])
        for number, case in enumerate(found)
    ]


@pytest.mark.parametrize("case", _cases())
def test_change_and_back(databases: Scratch, case: Case) -> None:
    if databases.version < case.since * 10_000:
        refused(databases, case)
        return
    there(databases, case)
    if not case.oneway:
        there(databases, Case(case.kind, case.attribute, case.after, case.before))


def refused(databases: Scratch, case: Case) -> None:
    """Expect that an older server knows nothing of one of the two schemas."""
    accepted = []
    for source in (case.before, case.after):
        url = databases.database(databases.create())
        try:
            desired.build(load(source), url, source="the tests")
        except UserError as error:
            assert "PostgreSQL refuses" in str(error)  # noqa: PT017  # one of two is built
        else:
            accepted.append(source)
    assert len(accepted) < 2


def there(databases: Scratch, case: Case) -> None:
    """Go from one schema to the other, back, and there again."""
    template = databases.create()
    url = databases.database(template)
    desired.build(load(case.before), url, source="the tests")
    before = dump.of(url)
    models = load(case.after)
    change = write(databases, template, before, models)
    assert change.up.strip(), "not detected"
    wanted = databases.create()
    desired.build(models, databases.database(wanted), source="the tests")
    after = dump.of(databases.database(wanted))
    databases.drop(wanted)
    for said in case.says:
        assert said in change.up
    if case.rows:
        execute(url, case.rows)
    kept = rows(url, case.keeps) if case.keeps else []
    run(url, change.up)
    assert not list(differing(dump.of(url), after))
    if case.keeps:
        assert rows(url, case.keeps_after or case.keeps) == kept
    run(url, change.down)
    assert not list(differing(dump.of(url), before))
    if case.keeps:
        assert rows(url, case.keeps) == kept
    run(url, change.up)
    assert not list(differing(dump.of(url), after))
    databases.drop(template)
