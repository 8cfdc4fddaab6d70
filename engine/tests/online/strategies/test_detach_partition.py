"""DETACH PARTITION … CONCURRENTLY."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.errors import UserError
from sqlalchemy import text
from tests.online.killed import survives

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (a int) PARTITION BY RANGE (a)",
    "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (100)",
    "INSERT INTO t SELECT n FROM generate_series(1, 50) AS n",
)

DETACH = "ALTER TABLE t DETACH PARTITION low CONCURRENTLY"


WAITS = """
SELECT bool_or(clock_timestamp() - waitstart > '50 ms')
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND locktype = 'virtualxid' AND datname = current_database()
"""

PARTS = "SELECT count(*) FROM pg_inherits WHERE inhparent = 't'::regclass"


@pytest.mark.parametrize("block", [False, True])
def test_others_work_until_those_before_it_are_done(site: Site, *, block: bool) -> None:
    site.sql(*TABLES)
    line = f"op.execute({DETACH!r})"
    site.revise(f"with op.get_context().autocommit_block():\n        {line}" if block else line)
    engine = make_engine(site.url)
    with engine.connect() as reader:
        reader.execute(text("SELECT FROM t"))
        thread = threading.Thread(target=site.upgrade, kwargs={"lock_timeout": "10ms"})
        thread.start()
        # It has waited longer than any short step does.
        while site.one(WAITS) is not True:
            assert thread.is_alive()
        site.sql("SELECT FROM t", "INSERT INTO low VALUES (7)")
        reader.rollback()
        thread.join()
    assert site.one(PARTS) == 0
    assert site.version == ["002a"]


# What else is there, the statement, and why PostgreSQL refuses it.
REFUSED = [
    (
        "CREATE TABLE other (a int)",
        "ALTER TABLE t DETACH PARTITION other CONCURRENTLY",
        "is not a partition",
    ),
    (
        "CREATE TABLE other (a int)",
        "ALTER TABLE t DETACH PARTITION never CONCURRENTLY",
        'relation "never" does not exist',
    ),
    ("CREATE TABLE rest PARTITION OF t DEFAULT", DETACH, "when a default partition exists"),
]


@pytest.mark.parametrize("before", [(), ('op.create_index("i", "u", ["a"])',)])
@pytest.mark.parametrize(("table", "sql", "why"), REFUSED)
def test_what_postgresql_refuses_is_refused_again(
    site: Site, table: str, sql: str, why: str, before: tuple[str, ...]
) -> None:
    rows = "CREATE TABLE u AS SELECT n AS a FROM generate_series(1, 1000) AS n"
    site.sql(*TABLES, table, rows)
    parts = site.one(PARTS)
    site.revise(*before, f"op.execute({sql!r})")
    for _ in range(2):
        with pytest.raises(UserError, match=f"stops: .*{why}"):
            site.upgrade()
        assert (site.note() is None) == (not before)
    assert site.one(PARTS) == parts


def test_killed_at_each_step(site: Site) -> None:
    site.revise(f"op.execute({DETACH!r})")
    survives(site, *TABLES)
