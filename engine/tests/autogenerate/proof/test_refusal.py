"""What a refused change says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.errors import UserError
from tests.matrix.case import load
from tests.matrix.databases import create_built, execute
from tests.matrix.inside import write

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ('Column("a", Integer), CheckConstraint("a > 0", name="c")', "is violated by some row"),
        ('Column("a", Integer, nullable=False)', 'column "a" of relation "t" contains null values'),
    ],
)
def test_rows_that_revisions_insert_are_said_to_be_theirs(
    databases: ScratchServer, after: str, said: str
) -> None:
    url = create_built(databases, load('table(Column("a", Integer))'))
    before = pg_dump.dump_database(url)
    execute(url, "INSERT INTO t VALUES (1, -1), (2, NULL)")
    with pytest.raises(UserError, match=rf"{said}\. These rows are what revisions insert"):
        write(databases, str(url.database), before, load(f"table({after})"))
