"""UPDATE and DELETE in batches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from ddl.errors import UserError
from tests.ddl.online.conftest import blocking_scans, survives, traffic, watched

if TYPE_CHECKING:
    from tests.ddl.online.conftest import Site

ROWS = 20_000

TABLE = (
    "CREATE TABLE t (a int, b text, n int DEFAULT 0)",
    "INSERT INTO t SELECT n FROM generate_series(1, 20000) AS n",
)

FILL = 'op.execute("UPDATE public.t SET b = (a % 10)::text WHERE b IS NULL;")'


def test_a_backfill(site: Site) -> None:
    site.sql(*TABLE)
    site.revise(FILL)
    write = "INSERT INTO t (a, b) VALUES (1, 'own')"
    with watched() as steps, traffic(site, write) as written:
        site.upgrade(batch="1")
    assert written
    updates = [step for step in steps if step.sql.startswith("UPDATE ONLY t ")]
    assert len(updates) > 3
    assert {step.locks["t"] for step in updates} == {"RowExclusiveLock"}
    assert not blocking_scans(steps, "t")
    assert site.one("SELECT count(*) FROM t WHERE b IS NULL") == 0
    assert site.one("SELECT count(*) FROM t WHERE b = (a % 10)::text") == ROWS
    assert site.one("SELECT count(*) FROM t WHERE b = 'own'") == len(written)


def test_what_a_revision_asks_for(site: Site) -> None:
    """With the option of execute() that stock Alembic hands to SQLAlchemy, which ignores it."""
    site.sql(*TABLE)
    site.revise(
        'op.execute("UPDATE t AS x SET n = x.n + 1 FROM generate_series(1, 2) AS g '
        'WHERE x.a % 2 = g - 1 AND n = 0 OR false", execution_options={"batches": True})',
        'op.execute(sa.text("DELETE FROM t WHERE b IS NULL AND a > :a").bindparams(a=10), '
        'execution_options={"batches": True})',
    )
    with watched() as steps:
        site.upgrade(batch="3")
    assert sum(step.sql.startswith("DELETE FROM ONLY t AS t") for step in steps) > 3
    assert site.rows("SELECT count(*), min(n), max(n) FROM t") == [(10, 1, 1)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            "SET n = n + 1",
            "stops: in batches, the UPDATE of t needs a WHERE that leaves out the rows that",
        ),
        (
            "SET n = n + 1 WHERE a > 0",
            r"stops: UPDATE of t still finds 20\d+ rows when all are done",
        ),
    ],
)
def test_a_condition_that_its_work_does_not_end(site: Site, changes: str, told: str) -> None:
    site.sql(*TABLE)
    site.revise(f'op.execute("UPDATE t {changes}", execution_options={{"batches": True}})')
    with pytest.raises(UserError) as error:
        site.upgrade()
    assert re.search(told, str(error.value))


def test_partitions(site: Site) -> None:
    site.sql(
        "CREATE TABLE t (a int, b text) PARTITION BY RANGE (a)",
        "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (100)",
        "CREATE TABLE high PARTITION OF t FOR VALUES FROM (100) TO (1000) PARTITION BY RANGE (a)",
        "CREATE TABLE highest PARTITION OF high DEFAULT",
        "INSERT INTO t SELECT generate_series(1, 500)",
    )
    site.revise(FILL)
    with watched() as steps:
        site.upgrade()
    updates = {step.sql.split()[2] for step in steps if step.sql.startswith("UPDATE ONLY")}
    assert updates == {"low", "highest"}
    assert site.one("SELECT count(*) FROM t WHERE b IS NULL") == 0


def test_tables_that_inherit(site: Site) -> None:
    site.sql(
        "CREATE TABLE t (a int, b text)",
        "CREATE TABLE heir () INHERITS (t)",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO heir SELECT generate_series(1, 5000)",
    )
    site.revise(FILL)
    site.upgrade()
    assert site.rows("SELECT count(*), count(b) FROM t") == [(5001, 5001)]


def test_what_cannot_go_in_batches(site: Site) -> None:
    site.sql(*TABLE)
    site.revise('op.execute("UPDATE t SET a = 1 RETURNING a", execution_options={"batches": True})')
    with pytest.raises(UserError, match=r"stops: in batches goes one UPDATE or DELETE, without"):
        site.upgrade()


def test_a_row_that_somebody_holds(site: Site) -> None:
    site.sql(*TABLE)
    site.revise(FILL)
    hold = "UPDATE t SET n = n + 1 WHERE a % 5000 = 0"
    with traffic(site, hold, "SELECT pg_sleep(0.01)"):
        site.upgrade(lock_timeout="5", batch="1")
    assert site.one("SELECT count(*) FROM t WHERE b IS NULL") == 0


@pytest.mark.online
def test_a_run_that_dies(site: Site) -> None:
    site.revise(FILL, 'op.execute("INSERT INTO t VALUES (-1)")')
    survives(site, *TABLE, minimum=5)
    assert site.one("SELECT count(*) FROM t") == ROWS + 1
