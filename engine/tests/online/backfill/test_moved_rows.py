"""Rows that go to another partition while a partitioned table is changed in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.watching import before_each

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE t (id int NOT NULL, open bool NOT NULL, u text) PARTITION BY LIST (open)",
    "CREATE TABLE a_done PARTITION OF t FOR VALUES IN (false)",
    "CREATE TABLE b_open PARTITION OF t FOR VALUES IN (true)",
    "INSERT INTO t SELECT n, n > 1000 FROM generate_series(1, 8000) AS n",
)

ADD = 'op.add_column("t", sa.Column("v", sa.Uuid, server_default=sa.text("gen_random_uuid()"){}))'
FILL = 'op.execute("UPDATE t SET u = id WHERE u IS NULL"{})'
OF_TWO = (
    'op.execute("UPDATE t SET u = t.id FROM (VALUES (1)) AS o (n) WHERE u IS NULL AND n = 1"{})'
)
DELETE = 'op.execute("DELETE FROM t WHERE id > 0"{})'
BATCHES = ', execution_options={"batches": True}'

# What changes all rows, and what holds for those that were missed.
CHANGES = {
    "default": (ADD.format(""), "v IS NULL"),
    "default and NOT NULL": (ADD.format(", nullable=False"), "v IS NULL"),
    "fill": (FILL.format(""), "u IS NULL"),
    "batches": (FILL.format(BATCHES), "u IS NULL"),
    "batches of two tables": (OF_TWO.format(BATCHES), "u IS NULL"),
    "delete": (DELETE.format(BATCHES), "true"),
}

each = pytest.mark.parametrize("name", CHANGES)


def moving(site: Site, *moves: str) -> list[str]:
    """Upgrade, and move rows once the first partition was gone through; return what was moved."""
    left = list(moves)

    def move(statement: str) -> None:
        if "ONLY b_open" in statement and left and not statement.startswith("SELECT"):
            site.sql(left.pop(0))

    with before_each(move):
        site.upgrade(batch="1")
    return left


@each
@pytest.mark.parametrize("rows", ["id % 500 = 0", "id % 5 > 0"], ids=["few", "many"])
def test_rows_go_to_a_partition_that_was_gone_through(site: Site, name: str, rows: str) -> None:
    line, missed = CHANGES[name]
    site.sql(*TABLE)
    site.revise(line)
    assert not moving(site, f"UPDATE t SET open = false WHERE {rows}")  # noqa: S608  # of this test
    assert site.one(f"SELECT count(*) FROM t WHERE {missed}") == 0  # noqa: S608
    assert site.version == ["002a"]


def test_rows_go_to_a_partition_that_is_new(site: Site) -> None:
    site.sql(
        "CREATE TABLE t (id int, part text, u text) PARTITION BY LIST (part)",
        "CREATE TABLE a PARTITION OF t FOR VALUES IN ('a')",
        "CREATE TABLE b_open PARTITION OF t FOR VALUES IN ('b')",
        "INSERT INTO t SELECT n, 'b' FROM generate_series(1, 3000) AS n",
    )
    site.revise(FILL.format(""))
    assert not moving(
        site,
        "CREATE TABLE a0 PARTITION OF t FOR VALUES IN ('c')",
        "UPDATE t SET part = 'c' WHERE id % 2 = 0",
    )
    assert site.one("SELECT count(*) FROM t WHERE u IS NULL") == 0


@pytest.mark.online  # for a minute and more
def test_rows_move_all_the_time(site: Site) -> None:
    """No UserError says that the WHERE finds again what it has changed: it does not."""
    site.sql(*TABLE, "CREATE INDEX ON t (id)")
    site.revise(FILL.format(BATCHES))
    moves = [
        f"UPDATE t SET open = NOT open WHERE id % 16 = {n}"  # noqa: S608  # of this test
        for n in range(16)
    ]
    with traffic(site, *moves) as moved:
        site.upgrade(batch="1")
    assert moved
    assert site.rows("SELECT count(*), count(u) FROM t") == [(8000, 8000)]


def test_a_refusal_after_some_batches_leaves_a_note(site: Site) -> None:
    """What other batches did, stays; so the way back does not say that nothing happened."""
    site.sql("CREATE TABLE t (id int, n int)", "INSERT INTO t SELECT generate_series(1, 8000)")
    update = "UPDATE t SET n = CASE WHEN id < 7000 THEN 1 ELSE -1 END WHERE n IS NULL OR n < 0"
    site.revise(f'op.execute("{update}"{BATCHES})')
    with pytest.raises(UserError, match=r"would find \d+ of \d+ rows again") as error:
        site.upgrade(batch="1")
    assert "What it did before stays" in str(error.value)
    assert site.note() is not None
    with pytest.raises(UserError, match="It has changed some of the rows of a table"):
        site.downgrade("001a")
