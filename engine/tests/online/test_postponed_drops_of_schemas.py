"""A drop waits for what takes its place, be there one of the name in another schema or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic_pg.online.run.signals import RefusedError
from tests.online import faults
from tests.online.scripted import anew, begun, psql, written
from tests.online.test_postponed_drops import lines
from tests.online.watching import watched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.online.site import Site

TABLES = (
    "DROP SCHEMA IF EXISTS s CASCADE",
    "CREATE SCHEMA s",
    *(
        line
        for name in ("t", "s.t")
        for line in (
            f"CREATE TABLE {name} (a int CONSTRAINT u UNIQUE CONSTRAINT k CHECK (a > 0), b int)",
            f"INSERT INTO {name} SELECT n, n FROM generate_series(1, 200) AS n",  # noqa: S608
            f"CREATE INDEX i ON {name} (b)",
            f"CREATE UNIQUE INDEX v ON {name} (b)",
        )
    ),
    "CREATE TABLE other (a int CONSTRAINT k CHECK (a > 0))",
)


def both(drop: str, make: str) -> tuple[str, ...]:
    """Return statements that drop something in two schemas, and then make it again in both."""
    tables = ("t", "public."), ("s.t", "s.")
    return tuple(
        text.format(table=table, schema=schema) for text in (drop, make) for table, schema in tables
    )


CHANGES = {
    "index": both("DROP INDEX {schema}i", "CREATE INDEX i ON {table} (b, a)"),
    "unique index": both("DROP INDEX {schema}v", "CREATE UNIQUE INDEX v ON {table} (b, a)"),
    "UNIQUE": both(
        "ALTER TABLE {table} DROP CONSTRAINT u",
        "ALTER TABLE {table} ADD CONSTRAINT u UNIQUE (a, b)",
    ),
    "CHECK": both(
        "ALTER TABLE {table} DROP CONSTRAINT k",
        "ALTER TABLE {table} ADD CONSTRAINT k CHECK (a > -1)",
    ),
    "index by a constraint": both(
        "DROP INDEX {schema}v", "ALTER TABLE {table} ADD CONSTRAINT v UNIQUE (b, a)"
    ),
    "constraint by an index": both(
        "ALTER TABLE {table} DROP CONSTRAINT u", "CREATE UNIQUE INDEX u ON {table} (a, b)"
    ),
}
CHANGES["crosswise"] = tuple(CHANGES["index"][n] for n in (0, 1, 3, 2))
CHANGES["one in the other schema comes first"] = tuple(CHANGES["index"][n] for n in (1, 0, 2, 3))

INDEXES = """
SELECT pg_get_indexdef(indexrelid), indisvalid FROM pg_index
WHERE indrelid IN ('public.t'::regclass, to_regclass('s.t')) ORDER BY 1
"""
CHECKS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
FROM pg_constraint WHERE conrelid IN ('public.t'::regclass, to_regclass('s.t')) ORDER BY 1, 2
"""

_BUILDS = re.compile(
    r"^\s*(CREATE (UNIQUE )?INDEX CONCURRENTLY|ALTER TABLE .* ADD CONSTRAINT .* NOT VALID)"
)
_DROPS = re.compile(r"^\s*(DROP INDEX|ALTER TABLE .* DROP CONSTRAINT)")


def state(site: Site) -> tuple[object, ...]:
    """Return the indexes and constraints of both tables."""
    return site.rows(INDEXES), site.rows(CHECKS)


def by_postgresql(site: Site, *statements: str) -> tuple[object, ...]:
    """Return what the server has once somebody else has executed some statements."""
    anew(site, *TABLES, *statements)
    return state(site)


def misses_one(texts: list[str]) -> bool:
    """Return whether of two that are replaced one is dropped before its new one is built.

    texts: what a run executes.
    """
    built = dropped = 0
    for one in texts:
        built += bool(_BUILDS.search(one))
        dropped += bool(_DROPS.search(one))
        if dropped > built:
            return True
    return not dropped


def expect_none_missing(site: Site, statements: Sequence[str], *, beside: str) -> None:
    """Expect that a run of some statements does as PostgreSQL does, and none is missing meanwhile.

    beside: stands in what the run executes about other things.
    """
    wanted = by_postgresql(site, *statements)
    anew(site, *TABLES)
    site.revise(*lines(*statements))
    with watched() as steps:
        site.upgrade()
    texts = [one.sql for one in steps if beside not in one.sql]
    assert not misses_one(texts), texts
    assert state(site) == wanted


@pytest.mark.parametrize("name", CHANGES)
def test_each_one_stays_until_its_own_successor_is_there(site: Site, name: str) -> None:
    """The drop took the one of its name in another schema for its own, and did not wait."""
    expect_none_missing(site, CHANGES[name], beside="pg_temp")


@pytest.mark.parametrize("name", ["index", "UNIQUE"])
def test_a_script_does_the_same(site: Site, name: str) -> None:
    statements = CHANGES[name]
    wanted = by_postgresql(site, *statements)
    site.clean()
    begun(site, *TABLES)
    site.revise(*lines(*statements))
    script = written(site)
    beside = re.findall(r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY \w+_ddl_new ON (\S+)", script)
    assert {*beside} == {"public.t", "s.t"}
    psql(site, script)
    assert state(site) == wanted


@pytest.mark.online
@pytest.mark.parametrize("name", ["index", "UNIQUE"])
def test_a_killed_run_goes_on(site: Site, name: str) -> None:
    statements = CHANGES[name]
    wanted = by_postgresql(site, *statements)
    site.revise(*lines(*statements))
    for reached in faults.each_point(site, lambda: anew(site, *TABLES)):
        site.upgrade()
        assert state(site) == wanted, reached


def test_a_check_of_its_name_of_another_table(site: Site) -> None:
    statements = (
        "ALTER TABLE t DROP CONSTRAINT k",
        "ALTER TABLE other DROP CONSTRAINT k",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > -1)",
    )
    expect_none_missing(site, statements, beside="other")


@pytest.mark.parametrize(("schema", "is_told"), [("s", False), ("public", True)])
def test_only_one_of_its_schema_is_missing(
    site: Site, schema: str, capsys: pytest.CaptureFixture[str], *, is_told: bool
) -> None:
    """A revision that asks told that the index of another schema was missing meanwhile."""
    anew(site, *TABLES)
    site.sql("DROP INDEX s.i" if schema == "s" else "SELECT 1")
    table = "s.t" if schema == "s" else "t"
    site.revise(
        'op.get_bind().exec_driver_sql("SELECT 1").scalar()',
        *lines("DROP INDEX public.i", f"CREATE INDEX i ON {table} (b, a)"),
    )
    capsys.readouterr()
    site.upgrade()
    assert ("is missing until it is built anew" in capsys.readouterr().err) == is_told


# Two statements of one text: it is not one that waits.
DROPS = (
    "DROP INDEX {}v; SELECT 1",
    "DROP INDEX {}v CASCADE",
    "DROP INDEX IF EXISTS x, {}v CASCADE",
)


@pytest.mark.parametrize(
    ("schema", "path", "is_again"),
    [
        ("s.", "s, public", True),
        ("public.", "public, s", False),
        ("", "s, public", True),
        ("", "public", False),
        ("public.", "public", False),
    ],
)
@pytest.mark.parametrize("text", DROPS)
def test_only_a_unique_one_of_its_schema_is_made_again(
    site: Site, text: str, schema: str, path: str, *, is_again: bool
) -> None:
    """That "v of s.t would be missing" was said of an index that nobody had before."""
    anew(site, *TABLES)
    if not is_again:
        site.sql("DROP INDEX s.v")
    lines_of_it = lines(
        f"SET LOCAL search_path = {path}", text.format(schema), "CREATE UNIQUE INDEX v ON s.t (b)"
    )
    site.revise(*lines_of_it)
    if is_again:
        with pytest.raises(RefusedError, match=r"v of (s\.)?t \(0 MB\) would be missing"):
            site.upgrade()
    else:
        site.upgrade()
        assert site.version == ["002a"]


@pytest.mark.parametrize("schema", ["s", "public"])
@pytest.mark.parametrize("text", DROPS)
def test_a_script_says_so_of_one_of_its_schema(site: Site, text: str, schema: str) -> None:
    begun(site, *TABLES, "DROP INDEX v" if schema == "s" else "DROP INDEX s.v")
    site.revise(*lines(text.format(f"{schema}."), "CREATE UNIQUE INDEX v ON s.t (b)"))
    said = "-- As it stands: v goes and comes back" in written(site)
    assert said == (schema == "s")


@pytest.mark.parametrize("name", ["' || 'v'", "%s', 'v'", "$1'"])
def test_a_block_may_put_the_name_together(site: Site, name: str) -> None:
    """What a text that nobody can read would drop ends no run: PostgreSQL says what it does."""
    anew(site, *TABLES)
    text = f"format('DROP INDEX {name})" if "'," in name else f"'DROP INDEX {name}"
    block = f"DO $$ BEGIN IF 1 > 2 THEN EXECUTE {text}; END IF; END $$"
    site.revise(*lines(block, "CREATE UNIQUE INDEX w ON s.t (b)"))
    site.upgrade()
    assert site.version == ["002a"]
