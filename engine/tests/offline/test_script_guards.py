"""A script that is given to psql twice, or was killed: nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.online.scripted import begun, psql, run_with_psql, written, written_back

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (a int)",
    "INSERT INTO t VALUES (1)",
    "CREATE TABLE acc (n int)",
    "INSERT INTO acc VALUES (0)",
)

ADD = 'op.execute("UPDATE acc SET n = n + 10")'

INDEX = 'op.create_index("i", "t", ["a"])'


def test_it_is_done_once(site: Site) -> None:
    begun(site, *TABLES)
    site.revise(ADD, INDEX, ADD, downgrade=ADD)
    sql = written(site)
    assert sql.splitlines()[0] == r"\set ON_ERROR_STOP on"
    run_with_psql(site, sql)
    assert (site.one("SELECT n FROM acc"), site.note()) == (20, None)
    done = psql(site, sql)
    assert done.returncode
    assert (
        "the database is at 002a, and the upgrade of 002a begins at 001a: nothing is done"
        in done.stderr
    )
    assert site.one("SELECT n FROM acc") == 20
    back = written_back(site)
    run_with_psql(site, back)
    assert psql(site, back).returncode
    assert (site.one("SELECT n FROM acc"), site.version) == (30, ["001a"])


def test_a_database_that_alembic_does_not_know(site: Site) -> None:
    begun(site, *TABLES)
    site.revise(ADD)
    sql = written(site)
    site.sql("ALTER TABLE alembic_version RENAME TO elsewhere")
    done = psql(site, sql)
    assert done.returncode
    assert (
        "there is no table alembic_version, and the upgrade of 002a begins at 001a: nothing is done"
    ) in done.stderr
    assert site.one("SELECT n FROM acc") == 0


def test_without_steps_any_client_does_it_once(site: Site) -> None:
    begun(site, *TABLES)
    site.revise(ADD)
    sql = written(site, online="off")
    assert "\\" not in sql
    for _ in range(2):
        psql(site, r"\unset ON_ERROR_STOP" + "\n" + sql)
    assert (site.one("SELECT n FROM acc"), site.version) == (10, ["002a"])


def test_a_run_goes_on_where_it_stopped(site: Site) -> None:
    begun(site, *TABLES)
    site.sql("COMMENT ON TABLE alembic_version IS 'it''s mine'")
    site.revise(
        ADD,
        INDEX,
        ADD,
        'op.execute("SELECT 1 / (SELECT count(*) FROM t WHERE a = 7)")',
        INDEX.replace('"i"', '"j"'),
        ADD,
    )
    sql = written(site)
    assert "division by zero" in psql(site, sql).stderr
    assert site.one("SELECT n FROM acc") == 10
    assert "a revision is half done: run alembic upgrade head" in psql(site, sql).stderr
    site.sql("INSERT INTO t VALUES (7)")
    site.upgrade()
    assert (site.one("SELECT n FROM acc"), site.version, site.note()) == (30, ["002a"], "it's mine")
