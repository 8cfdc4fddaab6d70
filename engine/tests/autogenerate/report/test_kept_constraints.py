"""What a change makes again as it was is told apart from what new rows must fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.report.kept_constraints import is_kept
from alembic_pg.database.connect import connect

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer

TABLE = "CREATE TABLE t (a {type}, b int, {generated} GENERATED ALWAYS AS (b * 2) STORED, {more})"


def dumped(databases: ScratchServer, sql: str) -> Dump:
    url = databases.database_url(databases.create())
    with connect(url, source="the tests") as connection, connection.begin():
        connection.exec_driver_sql(sql)
    return pg_dump.dump_database(url)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("CONSTRAINT c CHECK (b IN (1, 2))", "CONSTRAINT c CHECK (b = 1 OR b = 2)", False),
        ("CONSTRAINT c CHECK (b IN (1, 2))", "CONSTRAINT c CHECK (b IN (1, 2))", True),
        ("CONSTRAINT c CHECK ((a + b) * b > 0)", "CONSTRAINT c CHECK (a + b * b > 0)", False),
        ("CONSTRAINT c UNIQUE (a, b)", "CONSTRAINT c UNIQUE (a, b)", True),
        ("CONSTRAINT c UNIQUE (a, b)", "CONSTRAINT c UNIQUE (a)", False),
        ("CONSTRAINT c UNIQUE (a) INCLUDE (b)", "CONSTRAINT c UNIQUE (a)", True),
        ("CONSTRAINT c UNIQUE (a) DEFERRABLE", "CONSTRAINT c UNIQUE (a)", False),
        ("CONSTRAINT c CHECK (g > 0)", "CONSTRAINT c CHECK (h > 0)", True),
        ("CONSTRAINT c CHECK (g > 0)", "CONSTRAINT c CHECK (h > 1)", False),
    ],
)
def test_a_constraint(databases: ScratchServer, before: str, after: str, *, kept: bool) -> None:
    generated = "h int" if " (h" in after else "g int"
    one = dumped(databases, TABLE.format(type="int", generated="g int", more=before))
    other = dumped(databases, TABLE.format(type="bigint", generated=generated, more=after))
    assert is_kept(one, other, ("public", "t"), "c") is kept


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("UNIQUE INDEX i ON t (a)", "UNIQUE INDEX i ON t (a)", True),
        ("UNIQUE INDEX i ON t (a) INCLUDE (b)", "UNIQUE INDEX i ON t (a)", True),
        (
            "UNIQUE INDEX i ON t (a) WHERE (b > 0)",
            "UNIQUE INDEX i ON t (a) WHERE (NOT b > 0)",
            False,
        ),
        ("UNIQUE INDEX i ON t (a, b)", "UNIQUE INDEX i ON t (a)", False),
        ("INDEX i ON t (a)", "UNIQUE INDEX i ON t (a)", False),
        ("UNIQUE INDEX i ON t (a) WHERE b > 0", "UNIQUE INDEX i ON t (a)", False),
    ],
)
def test_an_index(databases: ScratchServer, before: str, after: str, *, kept: bool) -> None:
    table = TABLE.format(type="int", generated="g int", more="CHECK (true)")
    one, other = (dumped(databases, f"{table}; CREATE {index}") for index in (before, after))
    assert is_kept(one, other, ("public", "t"), "i") is kept
