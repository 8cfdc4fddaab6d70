"""What takes long holds no lock that was taken for a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from alembic_pg.sql import split
from tests.online.killed import survives
from tests.online.watching import strength, watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (a int, b int)",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 100000) AS n",
    "CREATE TABLE copy (a int)",
    "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a",
    "CREATE UNIQUE INDEX ON v (a)",
    "ANALYZE",
)

STRONG = "ALTER TABLE t ADD COLUMN c int"

LONG = [
    "INSERT INTO copy SELECT a FROM t",
    "WITH x AS (SELECT a FROM t) INSERT INTO copy SELECT a FROM x",
    "CREATE TABLE more AS SELECT a FROM t",
    "CREATE MATERIALIZED VIEW more AS SELECT a FROM t",
    "SELECT count(*) FROM t",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
    "ANALYZE t",
    "SELECT 1; SELECT count(*) FROM t",
]


@pytest.mark.parametrize("statement", LONG)
def test_the_lock_before_is_given_back(site: Site, statement: str) -> None:
    site.sql(*TABLES)
    site.revise(f"op.execute({STRONG!r})", f"op.execute({statement!r})", "op.execute('SELECT 1')")
    with watched() as steps:
        site.upgrade()
    # What is watched is each statement of a text.
    (*_, long) = split.statement_texts(statement)
    (mode,) = [step.locks.get("t", "AccessShareLock") for step in steps if step.sql == long]
    assert strength(mode) <= strength("ShareUpdateExclusiveLock")
    assert site.version == ["002a"]
    assert site.note() is None


@pytest.mark.parametrize(
    "statement", ["INSERT INTO copy VALUES (1)", "SELECT 1", "CREATE TABLE more (a int)"]
)
def test_what_is_short_stays_one_transaction(site: Site, statement: str) -> None:
    site.sql(*TABLES)
    site.revise(f"op.execute({STRONG!r})", f"op.execute({statement!r})")
    with watched() as steps:
        site.upgrade()
    assert not any("half_done" in step.sql for step in steps)


@pytest.mark.parametrize("drop", ["DROP MATERIALIZED VIEW v", "DROP TABLE copy", "DROP TABLE t"])
def test_the_lock_of_what_is_gone_keeps_nobody(site: Site, drop: str) -> None:
    site.sql(*TABLES, "CREATE TABLE old AS SELECT * FROM t")
    statement = "CREATE TABLE more AS SELECT a FROM old"
    site.revise(f"op.execute({drop!r})", f"op.execute({statement!r})")
    with watched() as steps:
        site.upgrade()
    assert site.version == ["002a"]
    assert not any("half_done" in step.sql for step in steps)


def test_without_a_lock_that_others_mind(site: Site) -> None:
    site.sql(*TABLES)
    site.revise(
        'op.execute("INSERT INTO t VALUES (0, 0)")',
        'op.execute("CREATE TABLE fresh (a int)")',
        f"op.execute({LONG[0]!r})",
    )
    with watched() as steps:
        site.upgrade()
    assert not any("half_done" in step.sql for step in steps)


@pytest.mark.online
def test_killed_at_each_step(site: Site) -> None:
    site.revise(*(f"op.execute({sql!r})" for sql in (STRONG, LONG[0], "DROP TABLE copy")))
    survives(site, *TABLES)


def test_rows_that_do_not_fit_leave_what_was_done_before(site: Site) -> None:
    site.sql(*TABLES, "ALTER TABLE copy ADD CHECK (a > 5)")
    site.revise(f"op.execute({STRONG!r})", f"op.execute({LONG[0]!r})")
    with pytest.raises(UserError, match="what it did before stays, and the next run goes on"):
        site.upgrade()
    site.downgrade("001a")
    assert not any("t.c " in line for line in site.catalog)


def test_nothing_is_executed_to_be_explained(site: Site) -> None:
    site.sql(*TABLES, "CREATE SEQUENCE s")
    site.revise(f"op.execute({STRONG!r})", "op.execute(\"SELECT 1; SELECT nextval('s')\")")
    site.upgrade()
    assert site.one("SELECT last_value FROM s") == 1
    assert site.one("SELECT nextval('s')") == 2


def test_after_something_is_dropped(site: Site) -> None:
    site.sql(*TABLES)
    site.revise(
        'op.execute("DROP MATERIALIZED VIEW v")',
        'op.execute("CREATE MATERIALIZED VIEW v AS SELECT 2 AS a")',
    )
    site.upgrade()
    assert site.rows("SELECT a FROM v") == [(2,)]
