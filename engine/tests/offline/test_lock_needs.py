"""What a script's plain transactions do while others have the locks that they want."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.offline.lock_needs import LockNeed, lock_need
from sqlalchemy import text
from tests.online.scripted import begun, psql, run_with_psql, written, written_back

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (id int PRIMARY KEY, a int, b int)",
    "INSERT INTO t VALUES (1, 1)",
    "CREATE TABLE child (id int PRIMARY KEY, t int REFERENCES t, number int)",
    "CREATE SEQUENCE numbers",
)

# Whether anybody waits for a lock on one of some tables.
WAITING = text("""
SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = ANY (CAST(:tables AS regclass[]))
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")

# Whether a script is in a block that tries again.
IN_BLOCK = text("""
SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%ddl_began%' AND pid <> pg_backend_pid()
AND datname = current_database() AND state = 'active'
""")


@pytest.mark.parametrize(
    ("sql", "need"),
    [
        ("", LockNeed.NONE),
        ("SET LOCAL statement_timeout = 5", LockNeed.NONE),
        ("CREATE TABLE n (a int)", LockNeed.NONE),
        ("CREATE TYPE mood AS ENUM ('sad')", LockNeed.NONE),
        ("CREATE VIEW v AS SELECT 1", LockNeed.NONE),
        ("ALTER TABLE made ADD COLUMN a int", LockNeed.NONE),
        ("UPDATE public.made SET a = 1", LockNeed.NONE),
        ("SELECT f()", LockNeed.STRONG),
        ("SELECT set_config('search_path', '', true)", LockNeed.NONE),
        ("DO 'BEGIN END'", LockNeed.STRONG),
        ("WITH gone AS (DELETE FROM t) SELECT 1", LockNeed.STRONG),
        ("GRANT SELECT ON t TO PUBLIC", LockNeed.SOME),
        ("CREATE TABLE n AS SELECT * FROM t", LockNeed.SOME),
        ("INSERT INTO t VALUES (1)", LockNeed.SOME),
        ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", LockNeed.SOME),
        ("INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1", LockNeed.STRONG),
        ("COMMENT ON TABLE t IS ''", LockNeed.SOME),
        ("COMMENT ON TYPE mood IS ''", LockNeed.NONE),
        ("ALTER TABLE t ADD COLUMN c int", LockNeed.STRONG),
        ("CREATE TABLE n (t int REFERENCES t)", LockNeed.STRONG),
        ("CREATE TABLE n (m int REFERENCES made)", LockNeed.NONE),
        ("DROP TABLE made, t", LockNeed.STRONG),
        ("UPDATE t SET a = 1", LockNeed.STRONG),
        ("DROP SEQUENCE numbers", LockNeed.STRONG),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", LockNeed.STRONG),
        ("LOCK TABLE t", LockNeed.STRONG),
        ("SELECT 1; -- and\nALTER TABLE t ADD COLUMN c int; SELECT 2", LockNeed.STRONG),
        ("DROP FUNCTION f() CASCADE", LockNeed.STRONG),
        ("DROP FUNCTION f()", LockNeed.SOME),
        ("ALTER EXTENSION citext UPDATE", LockNeed.STRONG),
        ("DROP FOREIGN TABLE t", LockNeed.STRONG),
        ("ALTER INDEX i ATTACH PARTITION j", LockNeed.STRONG),
        ("ALTER INDEX i RENAME TO j", LockNeed.SOME),
        ("WITH one AS (SELECT 1) INSERT INTO t SELECT * FROM one", LockNeed.STRONG),
        ("SELECT 1 AS n INTO n", LockNeed.APART),
        ("WITH one AS (SELECT 1 AS n) SELECT n INTO n FROM one", LockNeed.APART),
        ("(SELECT 1 AS n INTO n)", LockNeed.APART),
        ("VACUUM t", LockNeed.APART),
        ("REINDEX INDEX CONCURRENTLY i", LockNeed.APART),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", LockNeed.APART),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY m", LockNeed.STRONG),
        ("ALTER DATABASE d RENAME TO e", LockNeed.APART),
        ("SAVEPOINT s", LockNeed.APART),
        ("ROLLBACK TO s", LockNeed.APART),
        ("COMMIT", LockNeed.APART),
        ("DECLARE c CURSOR FOR SELECT 1", LockNeed.APART),
        ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", LockNeed.APART),
    ],
)
def test_lock_need(sql: str, need: LockNeed) -> None:
    assert lock_need(sql, {"made"}) is need


@pytest.mark.parametrize(
    "lines",
    [
        ['op.add_column("t", sa.Column("c", sa.Integer))'],
        ['op.create_table("n", sa.Column("t", sa.Integer, sa.ForeignKey("t.id")))'],
        ['op.execute("SELECT 1")', 'op.drop_column("t", "b")', 'op.execute("SELECT 2")'],
        ['op.execute("WITH one AS (SELECT 1) SELECT * FROM one; ALTER TABLE t RENAME b TO c")'],
        ['op.execute("INSERT INTO child VALUES (1) RETURNING id")', 'op.drop_table("child")'],
        ["op.execute(\"DO 'BEGIN PERFORM 1; END'\")", 'op.execute("LOCK TABLE t")'],
        ['op.execute("SAVEPOINT s")', 'op.drop_column("t", "b")', 'op.execute("RELEASE s")'],
        ['op.execute("DECLARE c CURSOR FOR SELECT 1")', 'op.drop_column("t", "b")'],
        ['op.execute("SET TRANSACTION READ WRITE")', 'op.drop_column("t", "b")'],
        [
            'op.execute("CREATE TEMP TABLE m AS SELECT 1 AS n")',
            'op.execute("ALTER TABLE t ALTER b TYPE text USING a::text")',
        ],
        ['op.execute("ALTER TABLE t ALTER b TYPE bigint USING random()::bigint")'],
        ["with op.get_context().autocommit_block():", '    op.drop_column("t", "b")'],
    ],
)
def test_nobody_waits_behind_it_for_long(site: Site, lines: list[str]) -> None:
    """Who comes while the script waits for a lock waits no longer than lock_timeout."""
    begun(site, *TABLES)
    site.revise(*lines)
    sql = written(site)
    with make_engine(site.url).connect() as reader, make_engine(site.url).connect() as writer:
        reader.execute(text("SELECT * FROM t, child"))
        run = threading.Thread(target=run_with_psql, args=(site, sql))
        run.start()
        while run.is_alive() and not writer.scalar(WAITING, {"tables": ["t", "child"]}):
            writer.rollback()
        writer.execute(text("SET LOCAL lock_timeout = '10s'"))
        writer.execute(text("INSERT INTO t (id) VALUES (7)"))
        writer.commit()
        reader.rollback()
        run.join()
    assert site.version == ["002a"]
    assert site.rows("SELECT id FROM t ORDER BY id") == [(1,), (7,)]


def test_nobody_queues_behind_its_first_tries(site: Site) -> None:
    """Somebody has one of two tables for a moment, and the script gets both without a wait."""
    begun(site, *TABLES)
    site.revise('op.drop_column("t", "b")', 'op.drop_column("child", "number")')
    sql = written(site)
    with make_engine(site.url).connect() as writer, make_engine(site.url).connect() as other:
        writer.execute(text("INSERT INTO child VALUES (1)"))
        run = threading.Thread(target=run_with_psql, args=(site, sql))
        run.start()
        while run.is_alive() and not other.scalar(IN_BLOCK):
            other.rollback()
        seen = []
        for _ in range(20):
            seen.append(other.scalar(WAITING, {"tables": ["t", "child"]}))
            other.rollback()
            time.sleep(0.01)
        writer.commit()
        run.join()
    assert not any(seen)
    assert site.version == ["002a"]


def test_what_stands_after_a_block_waits_as_long_as_before(site: Site) -> None:
    begun(site, *TABLES)
    site.revise(
        """op.execute("SET LOCAL lock_timeout = '7s'")""",
        'op.drop_column("t", "b")',
        """op.execute("SELECT current_setting('lock_timeout') AS limits INTO made")""",
    )
    run_with_psql(site, written(site))
    assert site.one("SELECT limits FROM made") == "7s"


def test_what_needs_no_transaction_stands_beside_a_block(site: Site) -> None:
    begun(site, *TABLES)
    site.revise(
        *('op.execute("COMMIT")', 'op.execute("VACUUM t")', 'op.drop_column("t", "b")'),
        *('op.execute("VACUUM child")', 'op.execute("REINDEX INDEX CONCURRENTLY t_pkey")'),
    )
    # PostgreSQL warns of the end of a transaction that the revision has ended.
    assert psql(site, written(site)).returncode == 0
    assert site.version == ["002a"]
    assert "column t.b" not in " ".join(site.catalog)


@pytest.mark.parametrize("names", [("t", "child"), ("child", "t")])
@pytest.mark.parametrize("back", [False, True])
def test_who_writes_two_of_its_tables_is_not_ended(
    site: Site, names: tuple[str, str], *, back: bool
) -> None:
    """A writer has the second table, and wants the first one, which the script has got."""
    begun(site, *TABLES)
    columns = {"t": "b", "child": "number"}
    lines = [f'op.drop_column("{name}", "{columns[name]}")' for name in names]
    if back:
        site.revise("pass", downgrade="\n    ".join(lines))
        site.upgrade()
    else:
        site.revise(*lines)
    sql = written_back(site) if back else written(site)
    first, second = names
    with make_engine(site.url).connect() as writer, make_engine(site.url).connect() as other:
        writer.execute(text(f"LOCK TABLE {second} IN ROW EXCLUSIVE MODE"))
        run = threading.Thread(target=run_with_psql, args=(site, sql))
        run.start()
        while run.is_alive() and not other.scalar(WAITING, {"tables": [second]}):
            other.rollback()
        writer.execute(text(f"LOCK TABLE {first} IN ROW EXCLUSIVE MODE"))
        writer.commit()
        run.join()
    assert site.version == ["001a" if back else "002a"]
