"""What a check knows of models without building them all is what building them all makes.

What it takes for a part of a table or view is what pg_dump prints of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.dump.table_parts import part_of_tables
from alembic_pg.autogenerate.sides import desired, known_build
from alembic_pg.autogenerate.sides.revisions import StartingSchema
from alembic_pg.errors import UserError
from tests.matrix import cases
from tests.matrix.case import load
from tests.matrix.databases import build, create_built, is_beyond

if TYPE_CHECKING:
    from pathlib import Path

    from _pytest.mark import ParameterSet
    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.database.scratch import ScratchServer
    from tests.matrix.case import Case

# Every so many cases, one runs with all other tests.
SAMPLE = 30

# So many tables and views of a case; each costs a run of pg_dump.
LOOKED_AT = 2

# So many tables that a change of a few is a small one.
OTHERS = "\n".join(f'table(Column("a", Integer), name="other_{number}")' for number in range(12))


def _cases() -> list[ParameterSet]:
    return [
        pytest.param(case, id=case.name, marks=[pytest.mark.matrix] if number % SAMPLE else [])
        for number, case in enumerate(cases.every())
    ]


def _relations(dump: Dump) -> list[tuple[str, str]]:
    kinds = {"MATERIALIZED VIEW", "TABLE", "VIEW"}
    found = [one for one in dump.values() if one.kind in kinds and not _is_other(one)]
    return [(one.schema, one.name) for one in found]


def _is_other(relation: Entry) -> bool:
    return relation.name.startswith("other_")


def _texts(dump: Dump) -> dict[str, tuple[str, str]]:
    return {key: (one.text, one.drop) for key, one in dump.items()}


@pytest.mark.parametrize("case", _cases())
def test_what_is_known_is_what_is_built(
    databases: ScratchServer, tmp_path: Path, case: Case
) -> None:
    old, new = (load(f"{source}\n{OTHERS}") for source in (case.before, case.after))
    try:
        url = create_built(databases, old)
        built = build(databases, new)
    except UserError as error:
        assert is_beyond(databases, case, error), error  # noqa: PT017
        pytest.skip(str(error))
    whole = pg_dump.dump_database(url)
    past = StartingSchema(databases, str(url.database), "alembic_version", whole)
    dialect = databases.connection.dialect
    steps = [desired.compiled_statements(models, dialect) for models in (old, new)]
    if steps[0] and steps[1]:
        known_build.write_note(tmp_path, past, steps[0])
        known = known_build.known_build(tmp_path, past, steps[1])
        assert known is None or _texts(known.dump) == _texts(built)
    for relation in _relations(whole)[:LOOKED_AT]:
        part = part_of_tables(whole, [relation])
        assert part is None or part == pg_dump.dump_tables(url, [relation]).keys()
    databases.drop(str(url.database))
