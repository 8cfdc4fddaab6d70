"""What nobody changed is clean, in whatever flavour an expression was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.sides import desired
from tests.matrix.case import load
from tests.matrix.databases import differing
from tests.matrix.flavours import sources
from tests.matrix.inside import run, write

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet
    from alembic_pg.database.scratch import ScratchServer


# Every so many modules, one runs with all other tests.
SAMPLE = 4


def _modules() -> list[ParameterSet]:
    return [
        pytest.param(source, id=name, marks=[pytest.mark.matrix] if number % SAMPLE else [])
        for number, (name, source) in enumerate(sources().items())
    ]


@pytest.mark.parametrize("source", _modules())
def test_models_agree_with_what_was_made_of_them(databases: ScratchServer, source: str) -> None:
    """Made by create_all(), by the revision, and by what PostgreSQL prints, all is the same."""
    models = load(source)
    built, revised, printed = (databases.create() for _ in range(3))
    desired.build_models(models, databases.database_url(built), source="the tests")
    after = pg_dump.dump_database(databases.database_url(built))
    run(databases.database_url(revised), write(databases, revised, {}, models).up)
    pg_dump.copy_schema(databases.database_url(built), databases.database_url(printed))
    for name in (revised, printed):
        before = pg_dump.dump_database(databases.database_url(name))
        assert not list(differing(before, after))
        change = write(databases, name, before, models)
        assert (change.up.strip(), change.down.strip()) == ("", "")
    for name in (built, revised, printed):
        databases.drop(name)
