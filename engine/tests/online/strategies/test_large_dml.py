"""Statements that change many rows of a large table, and are no UPDATE or DELETE of one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    'CREATE TABLE t (a int PRIMARY KEY, "B" int)',
    "CREATE TABLE u (a int)",
    "CREATE VIEW w AS SELECT * FROM t",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 20000) AS n",
    "INSERT INTO u SELECT n FROM generate_series(1, 20000) AS n",
    "ANALYZE",
)

GENERIC_PLAN_SINCE = 160_000

MANY = [
    ('MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET "B" = 0', "MERGE"),
    ("MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", "MERGE"),
    ('WITH x AS (UPDATE t SET "B" = 0 RETURNING a) SELECT count(*) FROM x', "UPDATE"),
    ('WITH x AS (SELECT a FROM u) UPDATE t SET "B" = 0 FROM x WHERE x.a = t.a', "UPDATE"),
    ("WITH x AS (DELETE FROM t RETURNING a) INSERT INTO u SELECT a FROM x", "DELETE"),
    ('UPDATE t SET "B" = 0 RETURNING a', "UPDATE"),
    ("DELETE FROM ONLY t", "DELETE"),
    ('UPDATE w SET "B" = 0 WHERE a > 0', "UPDATE"),
    ("DELETE FROM w", "DELETE"),
    (
        'INSERT INTO t SELECT a FROM u ON CONFLICT (a) DO UPDATE SET "B" = 0',
        "ON CONFLICT DO UPDATE",
    ),
    ('EXPLAIN ANALYZE UPDATE t SET "B" = 0', "UPDATE"),
    ("COPY (DELETE FROM t RETURNING a) TO '/dev/null'", "DELETE"),
    ("CREATE TABLE x AS WITH y AS (DELETE FROM t RETURNING a) SELECT a FROM y", "DELETE"),
    ("DELETE FROM t RETURNING a", "DELETE"),
]


@pytest.mark.parametrize(("statement", "verb"), MANY)
def test_refused_unless_named(site: Site, statement: str, verb: str) -> None:
    site.sql(*TABLES)
    site.revise(f"op.execute({statement!r})")
    with pytest.raises(UserError, match=rf"(?s)stops: {verb} changes many rows of t \(.*\[.t.\]"):
        site.upgrade()
    assert site.one('SELECT sum("B") FROM t') == 20000 * 20001 / 2
    site.again(f"op.execute({statement!r})", top='blocking = ["t"]')
    site.upgrade()
    assert site.one('SELECT coalesce(sum("B"), 0) FROM t') == 0


@pytest.mark.parametrize(("statement", "verb"), MANY)
def test_a_small_table_runs(
    site: Site, monkeypatch: pytest.MonkeyPatch, statement: str, verb: str
) -> None:
    del verb
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "8MB")
    site.sql(*TABLES)
    site.revise(f"op.execute({statement!r})")
    site.upgrade()


@pytest.mark.parametrize(
    "statement",
    [
        'MERGE INTO t USING u ON t.a = u.a AND u.a < 5 WHEN MATCHED THEN UPDATE SET "B" = 0',
        "WITH x AS (SELECT a FROM t) INSERT INTO u SELECT a FROM x",
        "INSERT INTO t SELECT a + 20000 FROM u ON CONFLICT DO NOTHING",
        'INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET "B" = 0',
        'UPDATE w SET "B" = 0 WHERE a = 1',
        "MERGE INTO never USING u ON true WHEN MATCHED THEN DELETE",
    ],
)
def test_what_changes_few_rows_runs(site: Site, statement: str) -> None:
    site.sql(*TABLES)
    site.revise(f"op.execute({statement!r})")
    if "never" in statement:
        with pytest.raises(UserError, match='relation "never" does not exist'):
            site.upgrade()
        return
    site.upgrade()
    assert site.version == ["002a"]


def test_a_table_of_the_run_itself(site: Site) -> None:
    site.revise(
        'op.execute("CREATE TABLE t AS SELECT n AS a FROM generate_series(1, 20000) AS n")',
        'op.execute("ANALYZE t")',
        'op.execute("WITH x AS (DELETE FROM t RETURNING a) SELECT count(*) FROM x")',
    )
    site.upgrade()
    assert site.version == ["002a"]


def test_partitions(site: Site) -> None:
    site.sql(
        "CREATE TABLE t (a int) PARTITION BY RANGE (a)",
        "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (15000)",
        "CREATE TABLE high PARTITION OF t DEFAULT",
        "INSERT INTO t SELECT n FROM generate_series(1, 20000) AS n",
        "ANALYZE",
    )
    site.revise('op.execute("WITH x AS (DELETE FROM t RETURNING a) SELECT count(*) FROM x")')
    with pytest.raises(UserError, match=r"stops: DELETE changes many rows of t \("):
        site.upgrade()


def test_what_is_prepared_is_refused_before_it_is_executed(site: Site) -> None:
    site.sql(*TABLES)
    prepare = """op.execute('PREPARE p (int) AS UPDATE t SET "B" = $1 WHERE a <> $1')"""
    site.revise(prepare, 'op.execute("EXECUTE p (0)")')
    if site.one("SELECT current_setting('server_version_num')::int") >= GENERIC_PLAN_SINCE:
        with pytest.raises(UserError, match=r"stops: UPDATE changes many rows of t \("):
            site.upgrade()
        site.again(prepare, 'op.execute("EXECUTE p (0)")', top='blocking = ["t"]')
    site.upgrade()
    assert site.one('SELECT sum("B") FROM t') == 0
