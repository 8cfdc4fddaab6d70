"""REFRESH MATERIALIZED VIEW, CLUSTER, REINDEX and VACUUM FULL."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.errors import UserError
from sqlalchemy import text
from tests.online.killed import killing

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE t (a int CONSTRAINT t_pkey PRIMARY KEY)",
    "INSERT INTO t SELECT generate_series(1, 100)",
    "CREATE TABLE small (a int)",
    "CREATE MATERIALIZED VIEW v AS SELECT a FROM t",
    "CREATE UNIQUE INDEX v_a_idx ON v (a)",
)

WAITS = """
SELECT bool_or(clock_timestamp() - waitstart > '50 ms')
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND locktype = 'virtualxid' AND datname = current_database()
"""

BLOCK = "with op.get_context().autocommit_block():\n        op.execute({!r})"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("REFRESH MATERIALIZED VIEW v", "v"),
        ("CLUSTER t USING t_pkey", "t"),
        ("REINDEX TABLE t", "t"),
        ("REINDEX INDEX public.t_pkey", "t_pkey"),
        ("VACUUM FULL t", "t"),
        ("VACUUM (FULL, ANALYZE) small (a), t", "t"),
        ("VACUUM FULL", "t"),
        ("CLUSTER", "t"),
        ("REINDEX SCHEMA public", "t"),
        ("ALTER INDEX t_pkey SET TABLESPACE pg_default", "t_pkey"),
        ("ALTER MATERIALIZED VIEW v SET ACCESS METHOD heap", "v"),
        ("ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE pg_default", "t"),
    ],
)
def test_refused_unless_named(site: Site, statement: str, named: str) -> None:
    site.sql(*TABLE)
    site.revise(BLOCK.format(statement))
    what = statement.split(maxsplit=1)[0]
    with pytest.raises(UserError, match=rf"stops: {what} .*reads or writes all of {named} \("):
        site.upgrade()
    site.again(BLOCK.format(statement), top=f"blocking = [{named!r}, 'v']")
    site.upgrade()


@pytest.mark.parametrize(
    "statement",
    [
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "VACUUM t",
        "ALTER INDEX t_pkey SET (fillfactor = 50)",
        "ALTER MATERIALIZED VIEW v RENAME TO w",
    ],
)
def test_what_lets_others_work_runs(site: Site, statement: str) -> None:
    site.sql(*TABLE)
    site.revise(BLOCK.format(statement))
    site.upgrade()


@pytest.mark.parametrize("statement", ["CREATE INDEX ON t (a)", "CREATE INDEX i ON ONLY t (a)"])
def test_an_index_that_nobody_finds_again(site: Site, statement: str) -> None:
    site.sql(*TABLE)
    site.revise(f"op.execute({statement!r})")
    with pytest.raises(UserError, match=r"stops: CREATE INDEX .* reads all of t .* can write it"):
        site.upgrade()
    site.again(f"op.execute({statement!r})", top="blocking = ['t']")
    site.upgrade()


def test_an_index_of_what_has_no_rows_of_before(site: Site) -> None:
    site.sql(
        "CREATE TABLE t (a int) PARTITION BY RANGE (a)",
        "CREATE TABLE low PARTITION OF t DEFAULT",
        "INSERT INTO t VALUES (1)",
    )
    site.revise(
        'op.execute("CREATE INDEX i ON ONLY t (a)")',
        'op.execute("CREATE TABLE made AS SELECT generate_series(1, 100) AS a")',
        'op.execute("CREATE INDEX ON made (a)")',
    )
    site.upgrade()
    assert site.version == ["002a"]


@pytest.mark.parametrize("block", [False, True])
@pytest.mark.parametrize(
    "statement",
    [
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX (CONCURRENTLY) INDEX t_pkey",
        "CREATE INDEX CONCURRENTLY ON t (a)",
    ],
)
def test_what_leaves_half_of_it_waits_without_a_limit(
    site: Site, statement: str, *, block: bool
) -> None:
    site.sql(*TABLE)
    line = f"op.execute({statement!r})"
    site.revise(BLOCK.format(statement) if block else line)
    engine = make_engine(site.url)
    with engine.connect() as writer:
        writer.execute(text("INSERT INTO t VALUES (0)"))
        thread = threading.Thread(target=site.upgrade, kwargs={"lock_timeout": "10ms"})
        thread.start()
        # It has waited longer than any short step does.
        while site.one(WAITS) is not True:
            assert thread.is_alive()
        writer.rollback()
        thread.join()
    assert site.version == ["002a"]
    assert not any("_ccnew" in line for line in site.catalog)


LEFT = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"

NEXT_TO_IT = (
    "CREATE TABLE t (a int CONSTRAINT t_pkey PRIMARY KEY, b text)",
    "INSERT INTO t SELECT generate_series(1, 100)",
    # A person's own, which a REINDEX of theirs has left.
    "CREATE INDEX t_pkey_ccnew ON t (a)",
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_pkey_ccnew'::regclass",
    "CREATE TABLE other (a int)",
    "CREATE INDEX other_a_idx_ccnew ON other (a)",
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'other_a_idx_ccnew'::regclass",
)


def kill_while_it_waits(site: Site) -> None:
    """Run an upgrade that waits for a writer, and end its session there."""
    engine = make_engine(site.url)
    failed: list[BaseException] = []

    def work() -> None:
        with pytest.raises(UserError) as error:
            site.upgrade()
        failed.append(error.value)

    with engine.connect() as writer:
        writer.execute(text("INSERT INTO t VALUES (0)"))
        thread = threading.Thread(target=work)
        thread.start()
        while site.one(WAITS) is not True:
            assert thread.is_alive()
        site.sql(
            "SELECT pg_terminate_backend(pid, 5000)"
            " FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND locktype = 'virtualxid' AND datname = current_database()"
        )
        thread.join()
    assert failed


@pytest.mark.parametrize(
    "statement",
    [
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX (CONCURRENTLY) INDEX t_pkey",
        "REINDEX SCHEMA CONCURRENTLY public",
        "CREATE UNIQUE INDEX CONCURRENTLY ON t (b, a)",
        "CREATE INDEX CONCURRENTLY i ON ONLY t (a)",
    ],
)
@pytest.mark.parametrize("back", [False, True])
def test_what_a_killed_one_has_left_goes(site: Site, statement: str, *, back: bool) -> None:
    site.sql(*NEXT_TO_IT)
    theirs, before = site.rows(LEFT), len(site.rows("SELECT FROM pg_index"))
    site.revise(f"op.execute({statement!r})")
    for _ in range(2):
        kill_while_it_waits(site)
        assert len(site.rows(LEFT)) > len(theirs)
    if back:
        site.downgrade("001a")
    else:
        site.upgrade()
    assert site.rows(LEFT) == theirs
    made = 0 if back else statement.startswith("CREATE")
    assert len(site.rows("SELECT FROM pg_index")) == before + made


def test_an_index_without_a_name_is_built_once(site: Site) -> None:
    site.sql(*TABLE)
    site.revise('op.execute("CREATE INDEX CONCURRENTLY ON t (a, a)")')
    with killing(site, 1, "CREATE INDEX"), pytest.raises(UserError):
        site.upgrade()
    note = site.note()
    site.sql("CREATE INDEX ON t (a, a)")
    assert note == site.note()
    site.upgrade()
    assert len([line for line in site.catalog if "(a, a)" in line]) == 1
