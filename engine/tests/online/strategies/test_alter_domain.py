"""ALTER DOMAIN, which reads all tables of the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.watching import blocking_scans, watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE DOMAIN d AS int",
    "CREATE DOMAIN deeper AS d",
    "CREATE TABLE t (a int, b d)",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 100) AS n",
)

READING = [
    "ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 0)",
    "ALTER DOMAIN public.d SET NOT NULL",
    "ALTER DOMAIN d VALIDATE CONSTRAINT late",
]

LATE = "ALTER DOMAIN d ADD CONSTRAINT late CHECK (VALUE < 1000) NOT VALID"


@pytest.mark.parametrize("statement", READING)
def test_refused_where_a_table_is_large(site: Site, statement: str) -> None:
    site.sql(*TABLES, LATE)
    what = statement.partition(" k ")[0].removesuffix(" late")
    site.revise(f"op.execute({statement!r})")
    with pytest.raises(UserError, match=rf"stops: {what} reads all of t \(.*nobody can write it"):
        site.upgrade()


@pytest.mark.parametrize("statement", READING)
def test_a_lock_that_the_revision_names(site: Site, statement: str) -> None:
    site.sql(*TABLES, LATE)
    site.revise(f"op.execute({statement!r})", top='blocking = ["t"]')
    with watched() as steps:
        site.upgrade()
    assert blocking_scans(steps, "t") == [statement]


@pytest.mark.parametrize(
    "tables",
    [
        ("CREATE TABLE u (b deeper)", "INSERT INTO u SELECT generate_series(1, 100)"),
        (
            "CREATE TABLE u (b d) PARTITION BY RANGE (b)",
            "CREATE TABLE part PARTITION OF u DEFAULT",
            "INSERT INTO u SELECT generate_series(1, 100)",
        ),
        ("CREATE MATERIALIZED VIEW u AS SELECT n::d AS b FROM generate_series(1, 100) AS n",),
    ],
)
def test_tables_of_all_kinds(site: Site, tables: tuple[str, ...]) -> None:
    site.sql(*TABLES[:2], *tables)
    site.revise(f"op.execute({READING[0]!r})")
    with pytest.raises(UserError, match=r"reads all of u .*\n.*blocking = \[.u.\]"):
        site.upgrade()


@pytest.mark.parametrize(
    "statement",
    [LATE, "ALTER DOMAIN d DROP NOT NULL", "ALTER DOMAIN d SET DEFAULT 5"],
)
def test_what_reads_nothing_runs(site: Site, statement: str) -> None:
    site.sql(*TABLES)
    site.revise(f"op.execute({statement!r})")
    with watched() as steps:
        site.upgrade()
    assert not blocking_scans(steps, "t")
    assert site.version == ["002a"]


def test_a_domain_without_a_table_of_before(site: Site) -> None:
    site.sql(*TABLES)
    site.revise(
        'op.execute("CREATE DOMAIN fresh AS int")',
        'op.execute("CREATE TABLE made AS SELECT n::fresh FROM generate_series(1, 100) AS n")',
        'op.execute("ALTER DOMAIN fresh ADD CHECK (VALUE > 0)")',
    )
    site.upgrade()
    assert site.version == ["002a"]
