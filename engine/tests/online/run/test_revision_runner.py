"""Transactions of a run, and what becomes of them when somebody holds a lock."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.errors import UserError
from sqlalchemy import text
from tests.online.beside import read_until_it_gave_way
from tests.online.watching import before_each, watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection
    from tests.online.site import Site

TABLE = ("CREATE TABLE t (a int PRIMARY KEY, b text)", "INSERT INTO t VALUES (1, 'secret')")


@pytest.fixture
def somebody(site: Site) -> Iterator[Connection]:
    """Somebody else's connection to the database, with a name."""
    url = site.url.update_query_dict({"application_name": "reports"})
    with make_engine(url).connect() as connection:
        yield connection


def test_a_plain_revision_waits_briefly_again_and_again(
    site: Site, somebody: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    site.sql(*TABLE)
    site.revise(
        'op.create_table("fresh", sa.Column("id", sa.BigInteger, primary_key=True))',
        'op.add_column("t", sa.Column("c", sa.Integer))',
        'op.add_column("t", sa.Column("d", sa.Integer))',
    )
    somebody.execute(text("SELECT * FROM t WHERE b = 'secret'"))
    pid = somebody.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]  # psycopg2's
    threading.Timer(1.5, somebody.rollback).start()
    sent: list[str] = []
    with before_each(sent.append):
        site.upgrade(lock_timeout="50", lock_aside="0")
    assert sum("CREATE TABLE fresh" in statement for statement in sent) >= 2
    assert site.version == ["002a"]
    err = capsys.readouterr().err
    assert err.count("Waiting") == 1
    assert f"Waiting for a lock: process {pid} (reports, idle in transaction for " in err
    assert "uses t …" in err
    assert "secret" not in err


def test_patience_has_an_end(site: Site, somebody: Connection) -> None:
    site.sql(*TABLE)
    site.revise(
        'op.add_column("t", sa.Column("c", sa.Integer))',
        'op.create_check_constraint("t_check", "t", "a > 0")',
    )
    before = site.catalog
    somebody.execute(text("LOCK TABLE t IN ROW EXCLUSIVE MODE"))
    with pytest.raises(UserError) as error:
        site.upgrade(lock_timeout="20", lock_patience="100ms")
    lines = str(error.value).splitlines()
    told = r"Revision 002a \(step 002a\) could not get its lock in \d s: process "
    assert re.match(told, lines[0])
    assert re.search(r"\(reports, idle in transaction for \d s: LOCK TABLE t", lines[0])
    assert lines[1] == ("Run the same command again, or with more patience: -x lock_patience=30min")
    assert site.catalog == before
    somebody.rollback()
    site.upgrade()


def test_an_online_step_waits_by_itself(site: Site, somebody: Connection) -> None:
    site.sql(*TABLE)
    site.revise(
        'op.execute("INSERT INTO t VALUES (2)")',
        'op.create_check_constraint("t_check", "t", "a > 0")',
    )
    somebody.execute(text("LOCK TABLE t IN ROW EXCLUSIVE MODE"))
    threading.Timer(0.3, somebody.rollback).start()
    with watched() as steps:
        site.upgrade(lock_timeout="50")
    assert sum(step.sql.startswith("INSERT INTO t ") for step in steps) == 1


def test_who_waits_at_the_end_knows_what_is_done(site: Site) -> None:
    site.sql(*TABLE, "CREATE TABLE u (a int)")
    site.revise(
        'op.execute("INSERT INTO u VALUES (2)")',
        'op.create_index("i", "t", ["b"])',
        'op.add_column("u", sa.Column("c", sa.Integer))',
    )
    with read_until_it_gave_way(site, "u"):
        site.upgrade(lock_timeout="50", lock_aside="0")
    assert (site.rows("SELECT a FROM u"), site.version, site.note()) == ([(2,)], ["002a"], None)


def test_what_is_long_waits_without_a_limit(site: Site, somebody: Connection) -> None:
    """An index built concurrently waits for old snapshots, and blocks nobody meanwhile."""
    site.sql(*TABLE)
    site.revise('op.create_index("t_b_idx", "t", ["b"])')
    somebody.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    somebody.execute(text("SELECT count(*) FROM t"))
    threading.Timer(0.4, somebody.rollback).start()
    with watched() as steps:
        site.upgrade(lock_timeout="50")
    assert sum("CREATE INDEX CONCURRENTLY" in step.sql for step in steps) == 1


def test_a_table_of_the_same_run_needs_no_care(site: Site) -> None:
    site.revise(
        'op.create_table("t", sa.Column("a", sa.Integer))',
        'op.create_index("t_a_idx", "t", ["a"])',
    )
    site.revise('op.create_unique_constraint("t_a_key", "t", ["a"])')
    with watched() as steps:
        site.upgrade()
    assert not any("CONCURRENTLY" in step.sql or "COMMENT" in step.sql for step in steps)
    assert site.version == ["003a"]


def test_an_autocommit_block_by_hand(site: Site) -> None:
    site.sql(*TABLE)
    site.revise(
        'op.add_column("t", sa.Column("c", sa.Integer))',
        "with op.get_context().autocommit_block():",
        '    op.execute("INSERT INTO t VALUES (3)")',
        '    op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS t_c_idx ON t (c)")',
        '    op.execute("VACUUM t")',
        'op.execute("SELECT 1 / (SELECT count(*) FROM t WHERE a = 4)")',
    )
    with pytest.raises(UserError, match="division by zero"):
        site.upgrade()
    site.sql("INSERT INTO t VALUES (4)")
    with watched() as steps:
        site.upgrade()
    assert not any(step.sql.startswith(("VACUUM", "CREATE", "INSERT")) for step in steps)
    assert site.version == ["002a"]
    assert site.note() is None


ACCOUNTS = (
    "CREATE TABLE acc (id int, n int)",
    "INSERT INTO acc VALUES (1, 100)",
    "CREATE TABLE busy (id int)",
    "INSERT INTO busy VALUES (1)",
)
CHECK_BUSY = 'op.create_check_constraint("c", "busy", "id > 0")'

PAST = (
    "bind = op.get_bind()",
    'bind.execute(sa.text("UPDATE acc SET n = n * 2"))',
)


def fail_and_upgrade(site: Site, *lines: str) -> None:
    """Run a revision of some lines that fails after them, then the same without its failure."""
    site.revise(*lines, 'op.execute("SELECT 1 / 0")')
    with pytest.raises(UserError, match="division by zero"):
        site.upgrade()
    site.again(*lines)
    site.upgrade()


def test_statements_past_the_operations_happen_once(site: Site) -> None:
    site.sql(*ACCOUNTS)
    site.revise(*PAST, CHECK_BUSY, top='blocking = ["busy"]')
    with read_until_it_gave_way(site, "busy"):
        site.upgrade(lock_aside="0")
    assert site.one("SELECT n FROM acc") == 200
    assert "constraint busy c CHECK ((id > 0)) t" in site.catalog


def test_statements_past_the_operations_are_not_committed_before_the_end(site: Site) -> None:
    site.sql(*ACCOUNTS)
    site.revise(*PAST, CHECK_BUSY)
    with pytest.raises(
        UserError, match=r"revision that writes with op.get_bind\(\) reads or writes"
    ):
        site.upgrade()
    assert site.one("SELECT n FROM acc") == 100
    site.again(CHECK_BUSY, *PAST, 'op.execute("SELECT 1/0")')
    for _ in range(2):
        with pytest.raises(UserError, match="division by zero"):
            site.upgrade()
    assert site.one("SELECT n FROM acc") == 100


def test_an_index_is_dropped_before_a_statement_past_the_operations(site: Site) -> None:
    site.sql(*ACCOUNTS, "CREATE INDEX i ON acc (n)")
    site.revise(
        'op.drop_index("i", "acc")',
        "assert op.get_bind().scalar(sa.text(\"SELECT to_regclass('i')\")) is None",
    )
    site.upgrade()


def test_what_a_session_is_set_to(site: Site) -> None:
    site.sql(
        *ACCOUNTS,
        "CREATE SCHEMA tenant",
        "CREATE TABLE tenant.acc (id int, n int)",
        "INSERT INTO tenant.acc VALUES (1, 1)",
    )
    lines = (
        'op.execute("SET {}search_path TO tenant, public")',
        'op.create_index("i", "acc", ["n"])',
        'op.create_check_constraint("c", "acc", "n > 0")',
        'op.execute("UPDATE acc SET n = 7")',
    )
    for number, local in enumerate(["", "LOCAL "]):
        said = [line.format(local).replace('"i"', f'"i{number}"') for line in lines]
        said = [line.replace('"c"', f'"c{number}"') for line in said]
        fail_and_upgrade(site, *said)
    assert site.rows("SELECT n FROM acc") == [(100,)]
    assert site.rows("SELECT n FROM tenant.acc") == [(7,)]
    assert site.one("SELECT count(*) FROM pg_indexes WHERE schemaname = 'tenant'") == 2


def test_a_temporary_table_ties_to_one_transaction(site: Site) -> None:
    site.sql(*ACCOUNTS)
    site.revise(
        'op.execute("CREATE TEMP TABLE m AS SELECT 5 AS n")',
        CHECK_BUSY,
        'op.execute("UPDATE acc SET n = (SELECT n FROM m)")',
        'op.execute("SELECT 1 / (SELECT count(*) FROM acc WHERE id = 2)")',
        top='blocking = ["busy"]',
    )
    with pytest.raises(UserError, match="division by zero"):
        site.upgrade()
    assert site.one("SELECT n FROM acc") == 100
    site.sql("INSERT INTO acc VALUES (2, 0)")
    site.upgrade()
    assert site.rows("SELECT DISTINCT n FROM acc") == [(5,)]


def test_a_savepoint_of_the_revision(site: Site) -> None:
    site.sql(*ACCOUNTS)
    site.revise(
        "with op.get_bind().begin_nested():",
        '    op.create_index("i", "busy", ["id"])',
    )
    site.upgrade()
    assert "index CREATE INDEX i ON public.busy USING btree (id) t" in site.catalog


def test_values_that_are_others_each_time(site: Site) -> None:
    site.sql(*ACCOUNTS)
    lines = (
        "import uuid",
        'acc = sa.table("acc", sa.column("id"), sa.column("n"))',
        'op.bulk_insert(acc, [{"id": uuid.uuid4().int % 1000, "n": 5}])',
        CHECK_BUSY,
    )
    fail_and_upgrade(site, *lines)
    assert site.one("SELECT count(*) FROM acc WHERE n = 5") == 1
