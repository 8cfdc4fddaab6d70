"""Every kind of object and attribute: detected, applied, equal, back, and up again."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tests.matrix.cases
from ddl.compare import desired, dump
from tests.matrix.case import Case, differing, execute, load, run, write

if TYPE_CHECKING:
    from ddl.database.scratch import Scratch


def _cases() -> list[Case]:
    """Return the cases of all modules in cases/."""
    found: list[Case] = []
    for module in pkgutil.iter_modules([str(Path(__file__).parent / "cases")]):
        found += importlib.import_module(f"{tests.matrix.cases.__name__}.{module.name}").CASES
    return found


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case.name)
def test_change_and_back(databases: Scratch, case: Case) -> None:
    there(databases, case.before, case.after, case.rows)
    if not case.oneway:
        there(databases, case.after, case.before, "")


def there(databases: Scratch, old: str, new: str, rows: str) -> None:
    """Go from one schema to the other, back, and there again."""
    template = databases.create()
    url = databases.database(template)
    desired.build(load(old), url, source="the tests")
    before = dump.of(url)
    models = load(new)
    change = write(databases, template, before, models)
    assert change.up.strip(), "not detected"
    wanted = databases.create()
    desired.build(models, databases.database(wanted), source="the tests")
    after = dump.of(databases.database(wanted))
    databases.drop(wanted)
    if rows:
        execute(url, rows)
    run(url, change.up)
    assert not list(differing(dump.of(url), after))
    run(url, change.down)
    assert not list(differing(dump.of(url), before))
    run(url, change.up)
    assert not list(differing(dump.of(url), after))
    databases.drop(template)
