"""Long transactions, which a run waits for before anybody queues behind it."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.embedded import server
from alembic_pg.online.locks.lock_retry import RetryBudget
from sqlalchemy import text
from tests.online.beside import sampled
from tests.online.site import VERSION
from tests.online.upgrading_role import upgrading_role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (id int PRIMARY KEY, a int)",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 500) AS n",
    "CREATE TABLE p (id int PRIMARY KEY)",
    "INSERT INTO p SELECT n FROM generate_series(1, 500) AS n",
)

QUEUED = """
SELECT mode FROM pg_locks WHERE NOT granted AND relation = to_regclass('t')
  AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_VACUUMED = "SELECT count(*) FROM pg_stat_progress_vacuum WHERE relid = 't'::regclass"

# A page takes a tenth of a second.
_SLOWLY = """
ALTER TABLE t SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1, fillfactor = 10)
"""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Whether a run has said for whom it waits."""
    event = threading.Event()
    report = RetryBudget.report_holder

    def heard(budget: RetryBudget, who: str) -> None:
        report(budget, who)
        event.set()

    monkeypatch.setattr(RetryBudget, "report_holder", heard)
    return event


@contextmanager
def reading(site: Site, until: Callable[[], object]) -> Iterator[Connection]:
    """Keep a reader's transaction open on t until something is the case; yield its connection."""
    url = site.url.update_query_dict({"application_name": "reports"})
    with make_engine(url).connect() as reader:
        reader.execute(text("SELECT FROM t"))
        time.sleep(0.2)  # it has been long by now
        over = threading.Event()

        def end() -> None:
            while not until() and not over.wait(0.005):
                pass
            reader.rollback()

        thread = threading.Thread(target=end)
        thread.start()
        try:
            yield reader
        finally:
            over.set()
            thread.join()


@pytest.mark.parametrize(
    "line",
    [
        'op.add_column("t", sa.Column("b", sa.Integer))',
        'op.create_check_constraint("c", "t", "a > 0")',
        'op.alter_column("t", "a", type_=sa.BigInteger)',
        'op.drop_table("t")',
    ],
)
def test_nobody_queues_while_somebody_reads(
    site: Site, line: str, told: threading.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    site.sql(*TABLES)
    site.revise(line, top='destroys = ["table t"]')
    with sampled(site, QUEUED) as modes, reading(site, told.is_set):
        site.upgrade(lock_aside="1min")
    assert not modes
    assert site.version == [site.made[-1]]
    lines = [line for line in capsys.readouterr().err.splitlines() if "Waiting" in line]
    assert len(lines) == 1
    assert "(reports, idle in transaction for " in lines[0]
    assert lines[0].endswith(" uses t …")


@pytest.mark.parametrize(
    "line",
    [
        'op.create_foreign_key("k", "t", "p", ["a"], ["id"])',
        'op.execute("CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()")',
        'op.execute("CREATE VIEW v AS SELECT a FROM t")',
        'op.execute("UPDATE t SET a = a WHERE id = 1")',
    ],
)
def test_whom_a_reader_does_not_hinder(site: Site, line: str) -> None:
    site.sql(
        *TABLES,
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    )
    site.revise(line)
    with reading(site, lambda: True) as reader:
        reader.execute(text("SELECT FROM t"))
        site.upgrade(lock_aside="1h")
        reader.rollback()
    assert site.version == [site.made[-1]]


def test_after_that_it_queues(site: Site) -> None:
    site.sql(*TABLES)
    site.revise('op.add_column("t", sa.Column("b", sa.Integer))')
    with sampled(site, QUEUED) as modes, reading(site, lambda: modes):
        site.upgrade(lock_aside="1ms", lock_timeout="50ms")
    assert modes == {"AccessExclusiveLock"}


@pytest.fixture
def owner(site: Site) -> Iterator[None]:
    """Let a role that may not see others' sessions own the tables, and upgrade."""
    site.sql(*TABLES)
    with upgrading_role(site, "t", "p"):
        yield


@pytest.mark.usefixtures("owner")
def test_a_role_that_may_not_see_how_long(
    site: Site, told: threading.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    site.revise('op.add_column("t", sa.Column("b", sa.Integer))')
    with sampled(site, QUEUED) as modes, reading(site, told.is_set):
        site.upgrade(lock_aside="1min")
    assert not modes
    assert site.version == [site.made[-1]]
    # It is idle in a transaction, which this role is not told.
    err = capsys.readouterr().err
    assert re.search(r"Waiting for a lock: process \d+ \(reports, of role \w+\) uses t …\n", err)


@contextmanager
def busy(site: Site) -> Iterator[None]:
    """Let short transactions read t all the time, more than one at each moment."""
    stop = threading.Event()

    def read() -> None:
        with make_engine(site.url).connect() as connection:
            while not stop.is_set():
                connection.execute(text("SELECT FROM t"))
                stop.wait(0.02)
                connection.rollback()

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.usefixtures("owner")
def test_short_transactions_of_others_are_not_waited_for(site: Site) -> None:
    site.revise('op.add_column("t", sa.Column("b", sa.Integer))')
    with busy(site):
        site.upgrade(lock_aside="1h", lock_patience="1h")
    assert site.version == [site.made[-1]]


@pytest.mark.online
def test_an_autovacuum_gives_way(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = server.start(tmp_path / "server", durable=True)
    try:
        site.url = running.url("postgres")
        monkeypatch.setenv("DATABASE_URL", site.url.render_as_string(hide_password=False))
        site.sql(*VERSION, *TABLES, _SLOWLY, "UPDATE t SET a = a + 1")
        engine = make_engine(site.url).execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("ALTER SYSTEM SET autovacuum_naptime = 1")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
            while not connection.scalar(text(_VACUUMED)):
                time.sleep(0.01)
        site.revise('op.add_column("t", sa.Column("b", sa.Integer))')
        with sampled(site, QUEUED) as modes:
            site.upgrade(lock_aside="1min")
        assert modes == {"ShareUpdateExclusiveLock"}
        assert site.version == [site.made[-1]]
        assert site.one("SELECT autovacuum_count FROM pg_stat_user_tables WHERE relname = 't'") == 0
    finally:
        running.release()


@pytest.mark.parametrize("line", ['op.drop_constraint("k", "p")', 'op.drop_table("p")'])
def test_a_key_that_goes_locks_the_other_table_too(
    site: Site, line: str, told: threading.Event
) -> None:
    site.sql(*TABLES, "ALTER TABLE p ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES t")
    site.revise(line, top='destroys = ["table p"]')
    with sampled(site, QUEUED) as modes, reading(site, told.is_set):
        site.upgrade(lock_aside="1min")
    assert not modes
    assert site.version == ["002a"]
