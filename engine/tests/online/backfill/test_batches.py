"""UPDATE and DELETE in batches."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.killed import killing, survives
from tests.online.late import LATE_TRIGGER
from tests.online.slow_commit import slow_commit
from tests.online.watching import before_each, blocking_scans, watched

if TYPE_CHECKING:
    from tests.online.site import Site

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
    updates = [step for step in steps if "UPDATE ONLY t " in step.sql]
    assert len(updates) > 3
    assert {step.locks["t"] for step in updates} == {"RowExclusiveLock"}
    assert not blocking_scans(steps, "t")
    assert site.one("SELECT count(*) FROM t WHERE b IS NULL") == 0
    assert site.one("SELECT count(*) FROM t WHERE b = (a % 10)::text") == ROWS
    assert site.one("SELECT count(*) FROM t WHERE b = 'own'") == len(written)


@pytest.mark.parametrize(
    "line", [FILL, 'op.execute("ALTER TABLE t ALTER COLUMN a TYPE bigint")'], ids=["fill", "type"]
)
def test_a_batch_is_one_message(site: Site, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others would wait for its rows until a COMMIT of its own has come."""
    site.sql(*TABLE)
    site.revise(line)
    with slow_commit(site.url, "UPDATE ONLY") as (url, slow):
        monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        site.upgrade(batch="5ms")
    assert not slow
    assert site.version == ["002a"]
    assert site.note() is None
    assert site.one("SELECT sum(a) FROM t") == ROWS * (ROWS + 1) // 2


def test_a_commit_that_the_limit_of_a_batch_cancels(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy server may come to COMMIT too late; it is then still in the transaction."""
    site.sql(*TABLE)
    site.revise(
        'op.execute("UPDATE t SET b = \'x\' WHERE b IS NULL", execution_options={"batches": True})'
    )
    with slow_commit(site.url, "UPDATE ONLY") as (url, slow):
        monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        site.upgrade(batch="20ms")
    assert slow
    assert site.version == ["002a"]
    assert site.note() is None
    assert site.one("SELECT sum(a) FROM t") == ROWS * (ROWS + 1) // 2


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
    assert sum("DELETE FROM ONLY t AS t" in step.sql for step in steps) > 3
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
            r"stops: the UPDATE of t would find (\d+) of \1 rows again that it has changed",
        ),
    ],
)
def test_a_condition_that_its_work_does_not_end(site: Site, changes: str, told: str) -> None:
    site.sql(*TABLE)
    site.revise(f'op.execute("UPDATE t {changes}", execution_options={{"batches": True}})')
    with pytest.raises(UserError) as error:
        site.upgrade()
    assert re.search(told, str(error.value))
    assert site.rows("SELECT DISTINCT n FROM t") == [(0,)]


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
    updates = {name for step in steps for name in re.findall(r"UPDATE ONLY (\S+)", step.sql)}
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


def test_a_value_that_is_null(site: Site) -> None:
    """It stays, as after one statement; a NOT NULL tells."""
    site.sql(*TABLE)
    site.revise('op.execute("UPDATE t SET b = nullif(a % 10, 0)::text WHERE b IS NULL")')
    with watched() as steps:
        site.upgrade(batch="1")
    assert sum("UPDATE ONLY t " in step.sql for step in steps) > 3
    assert site.one("SELECT count(*) FROM t WHERE b IS NULL") == ROWS / 10
    site.revise('op.alter_column("t", "b", nullable=False)')
    with pytest.raises(UserError, match=r"2,000 rows of t have no b, which becomes NOT NULL"):
        site.upgrade()


@pytest.mark.parametrize(
    "value",
    [
        "(SELECT max(o.n) + 1 FROM t AS o)",
        "(VALUES (1))",
        pytest.param("counted()", marks=pytest.mark.online),  # for seconds
        "currval('s')",
        "extract(epoch FROM CURRENT_TIMESTAMP(0))::int",
        "DEFAULT",
    ],
)
def test_a_value_that_batches_would_change(site: Site, value: str) -> None:
    site.sql(
        "CREATE TABLE t (a int, n int)",
        "INSERT INTO t SELECT n, nullif(n, n % 2) FROM generate_series(1, 20000) AS n",
        "UPDATE t SET n = NULL WHERE a > 5",
        "CREATE SEQUENCE s",
        (
            "CREATE FUNCTION counted() RETURNS int STABLE LANGUAGE sql AS "
            "'SELECT count(n)::int FROM t'"
        ),
    )
    site.revise(
        "op.execute(\"SELECT nextval('s')\")",
        f'op.execute("UPDATE t SET n = {value} WHERE n IS NULL")',  # noqa: S608  # of this test
        top='blocking = ["t"]',
    )
    with watched() as steps:
        site.upgrade(batch="1")
    assert not any("UPDATE ONLY" in step.sql for step in steps)
    assert site.one("SELECT count(DISTINCT n) FROM t WHERE a > 5") in {0, 1}


@pytest.mark.parametrize(
    "value", ["now()", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP - '1 h'::interval"]
)
def test_the_time_is_the_one_at_which_it_began(site: Site, value: str) -> None:
    site.sql(*TABLE, "ALTER TABLE t ADD COLUMN at timestamptz")
    site.revise(
        f'op.execute("UPDATE t SET at = {value} WHERE at IS NULL")',  # noqa: S608  # of this test
        'op.alter_column("t", "at", nullable=False)',
    )
    with killing(site, 2, "UPDATE ONLY t ") as killed, pytest.raises(UserError):
        site.upgrade(batch="1")
    assert killed
    with watched() as steps:
        site.upgrade(batch="1")
    assert sum("UPDATE ONLY t " in step.sql for step in steps) > 3
    assert site.rows("SELECT count(*), count(DISTINCT at) FROM t") == [(ROWS, 1)]


@pytest.mark.parametrize(
    "change",
    ["UPDATE t SET n = 1", "UPDATE t SET b = some_text() WHERE b IS NULL", "DELETE FROM t"],
)
def test_many_rows_at_once(site: Site, change: str) -> None:
    function = "CREATE FUNCTION some_text() RETURNS text LANGUAGE sql AS $$SELECT 'x'::text$$"
    site.sql(*TABLE, function)
    site.revise(f'op.execute("{change}")')
    with pytest.raises(UserError) as error:
        site.upgrade()
    verb = change.partition(" ")[0]
    assert str(error.value).startswith(
        f"Revision 002a (step 002a) stops: {verb}, not in batches, changes many rows of t (1 MB)"
    )
    site.again(f'op.execute("{change}")', top='blocking = ["t"]')
    site.upgrade()


def test_few_rows_of_a_large_table(site: Site) -> None:
    site.sql(*TABLE, "CREATE INDEX ON t (a)", "ANALYZE t")
    site.revise('op.execute("UPDATE t SET n = 1 WHERE a = 7")')
    with watched() as steps:
        site.upgrade()
    assert not any("COMMENT ON" in step.sql for step in steps)
    assert site.one("SELECT sum(n) FROM t") == 1


def test_a_few_rows_of_each_page(site: Site) -> None:
    """A message is a way to the server and back, however few rows it changes."""
    site.sql(
        "CREATE TABLE t (a int, b text)",
        "INSERT INTO t SELECT n, CASE WHEN n % 100 > 0 THEN 'x' END "
        "FROM generate_series(1, 100000) AS n",
        "ANALYZE t",
    )
    site.revise(FILL)
    pages = site.one("SELECT relpages FROM pg_class WHERE relname = 't'")
    with watched() as steps:
        site.upgrade()
    assert site.one("SELECT count(*) FROM t WHERE b IS NULL") == 0
    looks = sum("UPDATE ONLY t " in step.sql for step in steps)
    assert looks < pages / 20


def test_a_trigger_for_each_statement(site: Site) -> None:
    site.sql(
        *TABLE,
        "CREATE TABLE log (a int)",
        (
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN INSERT INTO log VALUES (1); RETURN NULL; END'"
        ),
        "CREATE TRIGGER note AFTER UPDATE ON t FOR EACH STATEMENT EXECUTE FUNCTION note()",
    )
    site.revise(FILL, top='blocking = ["t"]')
    site.upgrade()
    assert site.one("SELECT count(*) FROM log") == 1


def test_a_small_table_is_filled_by_one_statement(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "8MB")
    site.sql("CREATE TABLE t (a int, b text)", "INSERT INTO t VALUES (1), (2), (NULL)")
    site.revise(FILL)
    with watched() as steps:
        site.upgrade()
    assert not any("COMMENT ON" in step.sql for step in steps)
    assert site.one("SELECT count(b) FROM t") == 2


PARTS = (
    "CREATE TABLE ev (id int, region text) PARTITION BY LIST (region)",
    "CREATE TABLE ev_eu PARTITION OF ev FOR VALUES IN ('eu')",
    "CREATE TABLE ev_rest PARTITION OF ev DEFAULT",
    "INSERT INTO ev SELECT generate_series(1, 100)",
)


def test_rows_that_move_to_another_partition(site: Site) -> None:
    site.sql(*PARTS)
    update = "UPDATE ev SET region = 'eu' WHERE region IS NULL"
    site.revise(f'op.execute("{update}", execution_options={{"batches": True}})')
    with pytest.raises(UserError, match="cannot set region, which decides about the partition"):
        site.upgrade()
    site.again(f'op.execute("{update}")', top='blocking = ["ev"]')
    site.upgrade()
    assert site.one("SELECT count(*) FROM ev_eu") == 100


def test_comments_between_the_words(site: Site) -> None:
    site.sql("CREATE TABLE t (a int, v text)", "INSERT INTO t VALUES (1, 'keep'), (2, NULL)")
    site.sql("CREATE TABLE o (a int)", "INSERT INTO o VALUES (1)")
    words = ["UPDATE", "t", "SET", "v", "=", "'default'", "WHERE", "v", "IS", "NULL"]
    delete = ["DELETE", "FROM", "t", "USING", "o", "WHERE", "o.a", "=", "t.a"]
    site.revise(
        f"op.execute({''.join(word + ' -- x' + chr(10) for word in words)!r})",
        f"op.execute({''.join(word + ' -- x' + chr(10) for word in delete)!r}, "
        'execution_options={"batches": True})',
    )
    with watched() as steps:
        site.upgrade("002a")
    assert any("UPDATE ONLY t" in step.sql for step in steps)
    assert site.rows("SELECT a, v FROM t") == [(2, "default")]


def test_rows_that_somebody_moves_again_and_again(site: Site) -> None:
    """None of them is missed, though a batch looks at a page that they have left."""
    site.sql(*TABLE, "CREATE INDEX ON t (a)")
    site.revise(
        'op.execute("UPDATE t SET b = 1 WHERE b IS NULL")',
        'op.execute("UPDATE t SET a = -a WHERE a > 19000", execution_options={"batches": True})',
    )
    move = "UPDATE t SET n = n + 1 WHERE a IN (19100, 19500, 19990, -19100, -19500, -19990)"
    with traffic(site, move) as moved:
        site.upgrade(batch="1")
    assert moved
    assert site.one("SELECT count(*) FROM t WHERE b IS NULL OR a > 19000") == 0
    assert site.one("SELECT count(*) FROM t") == ROWS


@pytest.mark.parametrize("analyzed", ["ANALYZE t", "SELECT 1"])
def test_wide_rows(site: Site, analyzed: str) -> None:
    """A page has a hundred of them, and PostgreSQL reads as many megabytes for it."""
    site.sql(
        "CREATE TABLE t (a int, b text)",
        "ALTER TABLE t ALTER b SET STORAGE EXTERNAL",
        "INSERT INTO t SELECT n, repeat('x', 150000) FROM generate_series(1, 100) AS n",
        analyzed,
    )
    site.revise(
        "op.execute(\"UPDATE t SET a = -a WHERE a > 0 AND b <> 'y'\","
        ' execution_options={"batches": True})'
    )
    site.upgrade()
    batches = site.rows("SELECT count(*) FROM t GROUP BY xmin ORDER BY xmin::text::int")
    sizes = [row[0] for row in batches]
    assert sum(sizes) == site.one("SELECT count(*) FROM t WHERE a < 0") == 100
    assert sizes[0] <= 4
    assert all(after <= 2 * before + 2 for before, after in itertools.pairwise(sizes))


def test_a_partition_may_go_while_its_table_is_filled(site: Site) -> None:
    site.sql(
        "CREATE TABLE p (a int, b text) PARTITION BY RANGE (a)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100)",
        "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200)",
        "CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (200) TO (300)",
        "INSERT INTO p SELECT g, 'x' FROM generate_series(1, 299) AS g",
    )
    site.revise(
        "op.execute(sa.text(\"UPDATE p SET b = 'y' WHERE b = 'x'\"),"
        ' execution_options={"batches": True})'
    )
    gone: list[str] = []

    def act(statement: str) -> None:
        if "UPDATE ONLY p1" in statement and not gone:
            gone.append(statement)
            site.sql("DROP TABLE p2")
        elif "UPDATE ONLY p3" in statement and len(gone) == 1:
            gone.append(statement)
            site.sql("DROP TABLE p3")

    with before_each(act):
        site.upgrade()
    assert len(gone) == 2
    assert site.rows("SELECT DISTINCT b FROM p") == [("y",)]


SLOW = "CREATE FUNCTION slow(n int) RETURNS int LANGUAGE plpgsql AS {!r}".format(
    "BEGIN PERFORM pg_sleep(0.02); RETURN -n; END"
)


def test_a_batch_that_takes_too_long_is_given_up(site: Site) -> None:
    """The pages have more rows than statistics say, each of which takes long."""
    site.sql(
        "CREATE TABLE t (a int)", "INSERT INTO t SELECT generate_series(1, 60)", "ANALYZE t", SLOW
    )
    site.revise(
        'op.execute("UPDATE t SET a = slow(a) WHERE a > 0", execution_options={"batches": True})'
    )
    site.upgrade(batch="20ms")
    assert site.one("SELECT count(*) FROM t WHERE a < 0") == 60
    sizes = [row[0] for row in site.rows("SELECT count(*) FROM t GROUP BY xmin")]
    assert max(sizes) <= 5


def test_a_batch_whose_time_is_over_just_as_it_ends_is_given_up(site: Site) -> None:
    """The server tells of that with the next message, COMMIT, which it then passes over."""
    site.sql("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (2)", "ANALYZE t", *LATE_TRIGGER)
    site.revise(
        'op.execute("UPDATE t SET a = -a WHERE a > 0", execution_options={"batches": True})'
    )
    site.upgrade(batch="20ms")
    assert [row[0] for row in site.rows("SELECT a FROM t ORDER BY a")] == [-2, -1]
    assert site.one("SELECT count(DISTINCT xmin::text) FROM t") == 2, "one by one"


def test_a_batch_of_one_message_whose_time_is_over_just_as_it_ends_is_given_up(site: Site) -> None:
    """The server would tell of that with the next message, which is another one's."""
    site.sql("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (2)", "ANALYZE t", *LATE_TRIGGER)
    site.revise('op.execute("DELETE FROM t WHERE a > 0", execution_options={"batches": True})')
    sent: list[str] = []
    with before_each(lambda one: sent.append(one) if "DELETE FROM ONLY" in one else None):
        site.upgrade(batch="20ms")
    assert len(sent) > 2, "both, and one by one"
    assert site.one("SELECT count(*) FROM t") == 0


def test_a_role_that_may_not_see_its_replicas_is_told(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """To such a role, the view of the catalog has NULLs; one like it stands before it."""
    site.sql(
        *TABLE,
        "CREATE VIEW pg_stat_replication (state, replay_lag) AS SELECT NULL::text, NULL::interval",
        f'ALTER DATABASE "{site.url.database}" SET search_path = public, pg_catalog',
    )
    site.revise(FILL)
    site.upgrade()
    assert "may not see how far 1 replica may be behind, and waits for none" in (
        capsys.readouterr().err
    )
