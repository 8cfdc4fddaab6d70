"""What a script drops before a change of type, and makes after it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.online.beside import traffic
from tests.online.dumped import dumped
from tests.online.scripted import anew, begun, run_with_psql, written
from tests.online.strategies.test_change_type import PLAIN, TABLES, WIDEN

if TYPE_CHECKING:
    from tests.online.site import Site

VIEW = "CREATE VIEW words AS SELECT id, word FROM parent"


def state(site: Site) -> tuple[list[str], list[str]]:
    """Return what the catalog has, and what pg_dump prints."""
    return site.catalog, dumped(site)


def test_a_view_goes_for_a_moment_only(site: Site) -> None:
    begun(site, *TABLES, VIEW)
    site.revise('op.execute("DROP VIEW words;")', WIDEN[0], f'op.execute("{VIEW}")')
    sql = written(site)
    with traffic(site, "SELECT count(*) FROM words") as seen:
        run_with_psql(site, sql)
    assert seen
    by_psql = state(site)
    anew(site, *TABLES, VIEW)
    site.upgrade()
    assert state(site) == by_psql


@pytest.mark.parametrize("tables", [("child", "parent"), ("parent", "child")])
def test_of_both_ends_of_a_key_one_has_its_moment(site: Site, tables: tuple[str, str]) -> None:
    begun(site, *TABLES, VIEW)
    wider = {"parent": WIDEN[0], "child": WIDEN[2]}
    made = f'op.execute("{VIEW}")'
    site.revise('op.execute("DROP VIEW words")', *(wider[table] for table in tables), made)
    sql = written(site)
    assert sql.count("LOCK TABLE public.") == 1
    with traffic(site, "SELECT count(*) FROM words") as seen:
        run_with_psql(site, sql)
    assert seen
    by_psql = state(site)
    anew(site, *TABLES, PLAIN[0], PLAIN[2], VIEW)
    assert state(site) == by_psql


def test_a_small_table_is_left_to_postgresql(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(site, *TABLES, VIEW)
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "8MB")
    site.revise('op.execute("DROP VIEW words")', WIDEN[0], f'op.execute("{VIEW}")')
    run_with_psql(site, written(site))
    order = "SELECT attname, attnum FROM pg_attribute WHERE attrelid = 'parent'::regclass"
    by_psql = state(site), site.rows(order)
    anew(site, *TABLES, VIEW)
    site.upgrade()
    assert (state(site), site.rows(order)) == by_psql


def test_what_comes_before_is_committed(site: Site) -> None:
    begun(site, *TABLES, VIEW)
    site.revise(
        'op.execute("UPDATE parent SET word = word WHERE id = 1")',
        'op.execute("DROP VIEW words")',
        WIDEN[0],
        f'op.execute("{VIEW}")',
    )
    sql = written(site)
    assert sql.index("UPDATE parent") < sql.index("ADD COLUMN id_ddl_new") < sql.index("DROP VIEW")
    with traffic(site, "SELECT count(*) FROM words") as seen:
        run_with_psql(site, sql)
    assert seen
    assert site.version == ["002a"]
    assert site.one("SELECT pg_typeof(id)::text FROM words LIMIT 1") == "bigint"


@pytest.mark.parametrize(
    "between",
    [
        'op.create_index("i", "parent", ["word"])',
        'op.alter_column("parent", "word", nullable=False)',
        'op.execute("ALTER TABLE parent ADD COLUMN c float DEFAULT random()")',
    ],
)
def test_nothing_is_missing_while_steps_last(site: Site, between: str) -> None:
    begun(site, *TABLES, VIEW)
    site.revise('op.execute("DROP VIEW words")', between, f'op.execute("{VIEW}")')
    sql = written(site)
    assert re.search(r"words,? (which )?goes and comes back", sql.replace("\n-- ", " "))
    with traffic(site, "SELECT count(*) FROM words") as seen:
        run_with_psql(site, sql)
    assert seen
    assert site.version == ["002a"]
