"""alembic downgrade gives an index its name again that another one was about to replace."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.errors import UserError
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from tests.online import faults
from tests.online.killed import killing
from tests.online.scripted import anew, begun, cuts, psql, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.online.site import Site

TABLES = (
    "CREATE SCHEMA s",
    "CREATE TABLE parent (id int PRIMARY KEY, other int UNIQUE)",
    "INSERT INTO parent SELECT n, n FROM generate_series(1, 50) AS n",
    (
        "CREATE TABLE t (a int, b int, c int CONSTRAINT c CHECK (c > 0),"
        " CONSTRAINT f FOREIGN KEY (a) REFERENCES parent, CONSTRAINT u UNIQUE (a))"
    ),
    "INSERT INTO t SELECT n, n, n FROM generate_series(1, 50) AS n",
    "CREATE INDEX i ON t (a)",
    "COMMENT ON INDEX i IS 'Why'",
    "CREATE UNIQUE INDEX v ON t (b)",
    "CREATE TABLE s.t (a int, b int)",
    "CREATE INDEX i ON s.t (a)",
)

# Of each: the statements, and whether the old one is there for a while under another name.
REPLACED: dict[str, tuple[tuple[str, ...], bool]] = {
    "plain": (("DROP INDEX i", "CREATE INDEX i ON t (a, b)"), True),
    "of a schema": (("DROP INDEX s.i", "CREATE INDEX i ON s.t (a, b)"), True),
    "unique": (("DROP INDEX v", "CREATE UNIQUE INDEX v ON t (b, a)"), True),
    "with a column": (
        ("DROP INDEX i", "ALTER TABLE t ADD COLUMN d int", "CREATE INDEX i ON t (a, d)"),
        True,
    ),
    "two": (
        ("DROP INDEX i, v", "CREATE INDEX i ON t (b)", "CREATE UNIQUE INDEX v ON t (a)"),
        True,
    ),
    "another name": (("DROP INDEX i", "CREATE INDEX j ON t (a, b)"), False),
    "UNIQUE": (
        ("ALTER TABLE t DROP CONSTRAINT u", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b)"),
        False,
    ),
    "CHECK": (
        ("ALTER TABLE t DROP CONSTRAINT c", "ALTER TABLE t ADD CONSTRAINT c CHECK (c > -1)"),
        False,
    ),
    "FOREIGN KEY": (
        (
            "ALTER TABLE t DROP CONSTRAINT f",
            "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES parent (other)",
        ),
        False,
    ),
    "a constraint by an index": (
        ("ALTER TABLE t DROP CONSTRAINT u", "CREATE UNIQUE INDEX u ON t (a, b)"),
        False,
    ),
    "an index by a constraint": (
        ("DROP INDEX v", "ALTER TABLE t ADD CONSTRAINT v UNIQUE (b, a)"),
        False,
    ),
}

# Those that every run of the tests has.
SAMPLE = {"plain", "CHECK"}

INDEXES = """
SELECT indexrelid::regclass::text, indexrelid, indisvalid, obj_description(indexrelid, 'pg_class')
FROM pg_index WHERE indrelid IN (to_regclass('t'), to_regclass('s.t')) ORDER BY 1
"""


def lines(*statements: str) -> list[str]:
    """Return the lines of a revision that executes some statements."""
    return [f"op.execute({statement!r})" for statement in statements]


def state(site: Site) -> tuple[object, ...]:
    """Return what there is, and which index has which name."""
    return site.catalog, site.rows(INDEXES)


def prepare(site: Site) -> None:
    """Let the database be as before the revision."""
    site.sql("DROP SCHEMA IF EXISTS s CASCADE")
    anew(site, *TABLES)


def has_old(site: Site) -> bool:
    """Return whether an index is there that another one has replaced."""
    return any("_ddl_old" in row[0] for row in site.rows(INDEXES))


def promised(site: Site) -> bool:
    """Return whether a command that does not finish the upgrade offers to take it back."""
    with pytest.raises(UserError, match="is half done: finish it") as error:
        site.downgrade("base")
    return "or take it back: alembic downgrade 001a" in str(error.value)


def back(site: Site, before: tuple[object, ...]) -> str:
    """Take back what is half done as promised; return why not where it is refused.

    before: what there was, which is there again; or all stays as it is.
    """
    offered, left, why = promised(site), state(site), ""
    try:
        site.downgrade("001a")
    except UserError as error:
        why = str(error)
    assert not (offered and why)
    assert state(site) == (left if why else before)
    assert not why or why.endswith("undo by hand what it did, then run: alembic stamp 001a")
    return why


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in SAMPLE else pytest.mark.online, id=name)
        for name in REPLACED
    ],
)
def test_each_point_is_taken_back_or_refused(site: Site, name: str) -> None:
    """Nothing undid the drop, while the index was still there under another name."""
    said, is_kept = REPLACED[name]
    site.revise(*lines(*said))
    before: tuple[object, ...] = ()

    def anew_() -> None:
        nonlocal before
        prepare(site)
        before = state(site)

    kept = 0
    for reached in faults.each_point(site, anew_):
        if site.note() is not None:
            is_there = has_old(site)
            kept += is_there
            why = back(site, before)
            assert why.startswith("Nothing undoes") or not why, reached
            first_is_gone = name == "two" and "that is done (DROP INDEX i)" in why
            assert not (why and is_there) or first_is_gone, reached
    assert bool(kept) == is_kept


PLAIN = REPLACED["plain"][0]
DROPS = "DROP INDEX CONCURRENTLY"


def stopped_at_the_drop(site: Site, *said: str) -> tuple[object, ...]:
    """Let a run end before it drops the old index; return what there was before it."""
    prepare(site)
    before = state(site)
    site.revise(*lines(*(said or PLAIN)))
    with killing(site, 1, DROPS), pytest.raises(UserError):
        site.upgrade()
    return before


def test_it_is_offered_where_the_old_one_is_there(site: Site) -> None:
    before = stopped_at_the_drop(site)
    assert promised(site)
    assert back(site, before) == ""


def test_an_old_one_that_is_invalid_is_named(site: Site) -> None:
    """Its DROP INDEX CONCURRENTLY had begun, and waited for somebody who read the table."""
    before = stopped_at_the_drop(site)
    engine = make_engine(site.url)
    limited = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    with engine.begin() as reader, limited as dropping:
        reader.execute(text("SELECT count(*) FROM t"))
        dropping.execute(text("SET statement_timeout = '300ms'"))
        with pytest.raises(OperationalError, match="statement timeout"):
            dropping.execute(text(f"{DROPS} i_ddl_old"))
    engine.dispose()
    assert not site.one("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i_ddl_old'::regclass")
    why = back(site, before)
    assert why.startswith(
        "Nothing undoes what is at work (CREATE INDEX i ON t (a, b)), since the index that it has "
        "replaced is INVALID (public.i_ddl_old): undo by hand"
    )
    site.upgrade()
    assert site.version == ["002a"]


def test_an_old_one_that_is_gone_is_told(site: Site) -> None:
    before = stopped_at_the_drop(site)
    site.sql("DROP INDEX i_ddl_old")
    why = back(site, before)
    assert "since the index that it has replaced is gone: undo by hand" in why
    site.upgrade()
    assert site.version == ["002a"]


# What somebody holds while the old index is dropped, and whether that is valid still: the drop
# waits for its lock, or has begun and waits for those who may use the index.
HELD = {
    "LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE": True,
    "LOCK TABLE t IN ACCESS SHARE MODE": False,
}

WAITS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE 'DROP INDEX%' AND wait_event_type = 'Lock'
"""


@contextmanager
def held(site: Site, lock: str) -> Iterator[None]:
    """Hold a lock until the block is through."""
    engine = make_engine(site.url)
    with engine.connect() as connection:
        connection.execute(text(lock))
        yield
        connection.rollback()
    engine.dispose()


@contextmanager
def ended_as_it_waits(site: Site, how: str) -> Iterator[None]:
    """Let the server end the session, or the statement, that drops an index and waits.

    how: the function that does so.
    """

    def end() -> None:
        engine = make_engine(site.url)
        with engine.connect() as connection:
            for _ in range(500):
                found = connection.scalar(text(WAITS))
                connection.rollback()
                if found is not None:
                    connection.execute(text(f"SELECT {how}({found})"))
                    break
                time.sleep(0.02)
        engine.dispose()

    thread = threading.Thread(target=end)
    thread.start()
    yield
    thread.join()


@pytest.mark.parametrize("how", ["pg_terminate_backend", "pg_cancel_backend"])
@pytest.mark.parametrize("lock", HELD)
@pytest.mark.parametrize("name", ["plain", "another name"])
def test_a_run_that_ends_in_the_drop(site: Site, name: str, lock: str, how: str) -> None:
    """Its DROP INDEX CONCURRENTLY waits for somebody, and has made the old one INVALID or not."""
    before = stopped_at_the_drop(site, *REPLACED[name][0])
    with held(site, lock):
        with ended_as_it_waits(site, how), pytest.raises(UserError):
            site.upgrade()
        old = "i_ddl_old" if name == "plain" else "i"
        is_valid = f"SELECT indisvalid FROM pg_index WHERE indexrelid = '{old}'::regclass"  # noqa: S608
        assert site.one(is_valid) == HELD[lock]
    why = back(site, before)
    assert bool(why) != HELD[lock]
    if why:
        site.upgrade()
        assert site.version == ["002a"]


@pytest.mark.online
def test_each_point_of_a_script(site: Site) -> None:
    begun(site, *TABLES)
    site.revise(*lines(*PLAIN))
    kept = 0
    for cut in cuts(written(site)):
        prepare(site)
        before = state(site)
        psql(site, cut)
        if site.note() is not None:
            is_there = has_old(site)
            kept += is_there
            assert not (back(site, before) and is_there), cut
    assert kept
