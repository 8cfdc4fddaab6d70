"""A revision that sets search_path for one tenant after the other, with the same statements."""

from __future__ import annotations

import re
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.errors import UserError
from sqlalchemy import text
from tests.online import faults
from tests.online.beside import sampled
from tests.online.scripted import begun, psql, written, written_of_all
from tests.plan.observed import differences, plan_of

if TYPE_CHECKING:
    from tests.online.site import Site

TENANTS = ("x", "y", "z")

TABLES = tuple(
    statement
    for name in TENANTS
    for statement in (
        f"CREATE SCHEMA {name}",
        f"CREATE TABLE {name}.t (id int PRIMARY KEY, a int, b int)",
        f"INSERT INTO {name}.t SELECT n, n, n FROM generate_series(1, 200) AS n",  # noqa: S608  # ours
    )
)

FIXED = 'tenants = ["x", "y", "z"]'
ASKED = (
    "tenants = op.get_bind().exec_driver_sql("
    "\"SELECT nspname FROM pg_namespace WHERE nspname < 'zz' AND length(nspname) = 1 ORDER BY 1\""
    ").scalars().all()"
)
SET = {
    "session": (FIXED, 'op.execute(f"SET search_path TO {s}")'),
    "local": (FIXED, 'op.execute(f"SET LOCAL search_path TO {s}")'),
    "asks": (ASKED, 'op.get_bind().exec_driver_sql(f"SET search_path TO {s}")'),
    "asks, local": (ASKED, 'op.execute(f"SET LOCAL search_path TO {s}")'),
}

CHANGES = (
    'op.add_column("t", sa.Column("c", sa.Integer, server_default="1", nullable=False))',
    'op.create_index("i", "t", ["a"])',
    'op.create_check_constraint("k", "t", "b > 0")',
    'op.execute("UPDATE t SET a = a + 1")',
)

FOUND = """
SELECT format('%s.%s %s', table_schema, table_name, column_name) AS found
FROM information_schema.columns WHERE table_schema IN ('x', 'y', 'z')
UNION ALL SELECT format('%s %s', pg_get_indexdef(indexrelid), indisvalid)
FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid
WHERE relnamespace::regnamespace::text IN ('x', 'y', 'z')
UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, convalidated)
FROM pg_constraint
UNION ALL SELECT format('rows %s %s %s', (SELECT sum(a) FROM x.t), (SELECT sum(a) FROM y.t),
  (SELECT sum(a) FROM z.t))
UNION ALL SELECT obj_description('public.alembic_version'::regclass, 'pg_class')
ORDER BY 1
"""

_QUEUED = """
SELECT mode FROM pg_locks WHERE NOT granted AND locktype = 'relation'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def lines(way: str, *, back: bool = True) -> tuple[str, ...]:
    """Return the lines of a revision. back: whether it sets the path back at its end."""
    first, each = SET[way]
    loop = ("for s in tenants:", *(f"    {line}" for line in (each, *CHANGES)))
    return (first, *loop, *([each.replace("{s}", "public")] if back else []))


def prepare(site: Site) -> None:
    """Let the tables of all tenants be as they were."""
    site.clean()
    site.sql(*(f"DROP SCHEMA IF EXISTS {name} CASCADE" for name in TENANTS), *TABLES)


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(way, marks=[] if way == "session" else pytest.mark.online, id=way)
        for way in SET
    ],
)
def test_a_run_that_dies_goes_on(site: Site, way: str) -> None:
    site.revise(*lines(way))
    prepare(site)
    site.upgrade()
    wanted = site.rows(FOUND)
    points = []
    for reached in faults.each_point(site, partial(prepare, site)):
        points.append(reached)
        site.upgrade()
        assert (site.rows(FOUND), site.version) == (wanted, ["002a"]), reached
    assert len(points) > 39


@pytest.mark.parametrize("way", ["session", "local"])
def test_a_script_does_the_same(site: Site, way: str) -> None:
    site.revise(*lines(way))
    prepare(site)
    site.upgrade()
    wanted = site.rows(FOUND)
    site.clean()
    site.sql(*(f"DROP SCHEMA {name} CASCADE" for name in TENANTS))
    begun(site, *TABLES)
    done = psql(site, written(site))
    assert done.returncode == 0, done.stderr
    assert (site.rows(FOUND), site.version) == (wanted, ["002a"])


def test_a_script_of_all_revisions_does_the_same(site: Site) -> None:
    """Alembic's own table is not there yet when its place is remembered."""
    site.revise(*lines("session"))
    prepare(site)
    site.upgrade()
    wanted = site.rows(FOUND)
    gone = [f"DROP SCHEMA {name} CASCADE" for name in TENANTS]
    site.clean()
    site.sql(*gone)
    begun(site, *TABLES)
    site.sql(*gone, "DROP TABLE alembic_version")
    done = psql(site, written_of_all(site))
    assert done.returncode == 0, done.stderr
    assert (site.rows(FOUND), site.version) == (wanted, ["002a"])


@pytest.mark.parametrize("way", ["session", "local"])
def test_a_plan_follows(site: Site, way: str) -> None:
    prepare(site)
    site.revise(*lines(way))
    planned = plan_of(site)[0]
    assert planned.commits_steps
    steps = [one.summary.steps for one in planned.statements[:-1]]
    assert all(steps[at] for at in (2, 3))
    assert steps == steps[:5] * len(TENANTS)
    assert not differences(site)
    assert "INDEX i ON x.t" in str(site.rows(FOUND))


def test_a_run_waits_for_who_uses_the_tables_of_the_path(site: Site) -> None:
    """Two tables are locked, by names that mean others in public."""
    prepare(site)
    site.sql(*(f"CREATE TABLE {name}.u (id int PRIMARY KEY)" for name in ("x", "public")))
    site.sql("CREATE TABLE t (a int)")
    site.revise(
        'op.execute("SET search_path TO x")',
        'op.create_foreign_key("f", "t", "u", ["a"], ["id"], postgresql_not_valid=True)',
        'op.execute("SET search_path TO public")',
    )
    engine = make_engine(site.url)
    with (
        engine.connect() as of_public,
        engine.connect() as of_tenant,
        sampled(site, _QUEUED) as seen,
    ):
        of_public.execute(text("SELECT FROM public.t, public.u"))
        of_tenant.execute(text("INSERT INTO x.u VALUES (1)"))
        time.sleep(0.2)  # a long transaction, which is waited for before the first try
        threading.Timer(1, of_tenant.rollback).start()
        site.upgrade()
    assert not seen


def test_a_run_tells_who_uses_the_table_of_the_path(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(site)
    site.sql("CREATE TABLE t (a int)")
    site.revise(
        'op.execute("SET LOCAL search_path TO x")',
        'op.add_column("t", sa.Column("c", sa.Integer))',
        'op.execute("SET LOCAL search_path TO public")',
    )
    engine = make_engine(site.url)
    with engine.connect() as of_public, engine.connect() as of_tenant:
        of_public.execute(text("SELECT 'other' FROM public.t"))
        of_tenant.execute(text("SELECT FROM x.t"))
        threading.Timer(1, of_tenant.rollback).start()
        site.upgrade(lock_timeout="50", lock_aside="0")
    told = capsys.readouterr().err
    assert "SELECT FROM x.t) uses t" in told
    assert "other" not in told


@pytest.mark.parametrize("way", ["session", "local"])
@pytest.mark.parametrize("large", ["1MB", "0MB"])
def test_a_failure_tells_the_path(site: Site, way: str, large: str) -> None:
    """Of five hundred tenants, "rows of t" are nobody's."""
    prepare(site)
    site.sql("UPDATE y.t SET b = -1 WHERE id = 7")
    site.revise(*lines(way))
    told = (
        'with search_path y stops: 1 row of t violates the CHECK "k", for example id = 7. '
        "Mend it first."
    )
    with pytest.raises(UserError, match=re.escape(told)):
        site.upgrade(large_table=large)


def test_a_path_is_that_of_one_revision(site: Site) -> None:
    prepare(site)
    site.revise(*lines("session"), 'op.execute("UPDATE nowhere SET a = 1")')
    with pytest.raises(UserError, match="with search_path public fails"):
        site.upgrade()
    site.again('op.execute("UPDATE nowhere SET a = 1")')
    prepare(site)
    with pytest.raises(UserError, match=r"\) fails"):
        site.upgrade()


@pytest.mark.parametrize("way", ["session", "asks"])
def test_a_path_that_stays_is_told(site: Site, way: str) -> None:
    prepare(site)
    site.revise(*lines(way, back=False))
    with pytest.raises(UserError, match=r"is not on the search_path that\s+the revision has set"):
        site.upgrade()
