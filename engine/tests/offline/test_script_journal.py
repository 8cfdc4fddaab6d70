"""A script that is killed at any of its statements: a run goes on there, or takes it back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online import faults
from tests.online.operations import OPERATIONS, lines
from tests.online.scripted import begun, cuts, psql, written

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE_OF_INDEX = """
SELECT indrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
"""

# Those that every run of the tests has.
SAMPLE = {"unique", "CHECK", "identity", "enum value"}

# Of these nothing brings back what rows had, or a type.
NO_WAY_BACK = re.compile("Nothing undoes|It has changed")


def each(names: set[str] | None = None) -> list[object]:
    """Return the operations as parameters, of which only some are in every run of the tests."""
    return [
        pytest.param(name, marks=[] if name in SAMPLE else pytest.mark.online, id=name)
        for name in OPERATIONS
        if names is None or name in names
    ]


def script_of(site: Site, name: str, **settings: str) -> str:
    """Return the script of an operation, whose first revision has made its tables."""
    begun(site, *OPERATIONS[name].tables)
    site.revise(*lines(name, "ops"))
    return written(site, **settings)


def ends_at_head(site: Site, name: str, sql: str) -> None:
    """Cut a script at each of its statements, and expect that the next run ends at head."""
    faults.prepare(site, name)
    site.upgrade()
    wanted = faults.outcome(site, name)
    noted = 0
    for begins in cuts(sql):
        faults.prepare(site, name)
        psql(site, begins)
        noted += site.note() is not None
        site.upgrade()
        assert faults.outcome(site, name) == wanted, begins[-600:]
    assert noted or sql.count("COMMIT;\n\n") == 1  # one transaction notes nothing


@pytest.mark.parametrize("name", each())
def test_a_run_ends_what_a_killed_script_began(site: Site, name: str) -> None:
    ends_at_head(site, name, script_of(site, name))


SMALL = {"volatile default", "identity", "type with an index", "type without a rewrite"}


@pytest.mark.parametrize("name", each(SMALL))
def test_a_run_ends_what_a_killed_script_of_small_tables_began(site: Site, name: str) -> None:
    ends_at_head(site, name, script_of(site, name, large_table="8MB"))


@pytest.mark.parametrize("name", each())
def test_a_downgrade_takes_back_what_a_killed_script_began(site: Site, name: str) -> None:
    sql = script_of(site, name)
    faults.prepare(site, name)
    before = site.catalog
    for begins in cuts(sql):
        faults.prepare(site, name)
        psql(site, begins)
        if site.note() is None:
            continue
        why = ""
        try:
            site.downgrade("001a")
        except UserError as error:
            why = str(error)
        if why:
            assert NO_WAY_BACK.search(why)
            continue
        assert site.catalog == before, begins[-600:]


def test_an_autocommit_block_is_done_once(site: Site) -> None:
    begun(site, "CREATE TABLE t (a int)", "CREATE TABLE acc (n int)", "INSERT INTO acc VALUES (0)")
    add = 'op.execute("UPDATE acc SET n = n + 10")'
    block = ("with op.get_context().autocommit_block():", f"    {add}", f"    {add}")
    site.revise(*block, "    " + 'op.execute("VACUUM t")', f"    {add}")
    for begins in cuts(written(site)):
        site.clean()
        site.sql("CREATE TABLE t (a int)", "CREATE TABLE acc (n int)", "INSERT INTO acc VALUES (0)")
        psql(site, begins)
        site.upgrade()
        assert (site.one("SELECT n FROM acc"), site.version) == (30, ["002a"]), begins[-600:]


def test_what_stands_as_it_is_is_done_once(site: Site) -> None:
    tables = ("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    begun(site, *tables)
    site.revise('op.execute("ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (a * 2) STORED")')
    sql = written(site)
    for begins in cuts(sql):
        site.clean()
        site.sql(*tables)
        psql(site, begins)
        site.upgrade(large_table="8MB")
        assert site.version == ["002a"]


def test_a_comment_of_a_person_stays(site: Site) -> None:
    begun(site, "CREATE TABLE t (a int)")
    site.sql("""COMMENT ON TABLE alembic_version IS '{"it''s": "mine"}'""")
    site.revise('op.create_index("i", "t", ["a"])', 'op.create_unique_constraint("u", "t", ["a"])')
    begins = next(one for one in cuts(written(site)) if "ADD CONSTRAINT u" in one)
    psql(site, begins)
    assert (site.note() or "").startswith('{"half_done"')
    site.upgrade()
    assert site.note() == """{"it's": "mine"}"""


@pytest.mark.parametrize("schema", ["public", "s"])
def test_an_index_of_another_table_goes_before(site: Site, schema: str) -> None:
    tables = (
        "CREATE SCHEMA IF NOT EXISTS s",
        f"CREATE TABLE {schema}.t (a int)",
        "CREATE TABLE t2 (a int)",
        f"CREATE INDEX i ON {schema}.t (a)",
    )
    begun(site, *tables)
    site.revise(f'op.execute("DROP INDEX {schema}.i")', 'op.create_index("i", "t2", ["a"])')
    for begins in cuts(written(site)):
        site.clean()
        site.sql("DROP SCHEMA IF EXISTS s CASCADE", *tables)
        psql(site, begins)
        site.upgrade()
        found = site.rows(f"{TABLE_OF_INDEX} WHERE relname = 'i'")
        assert found == [("t2",)], begins[-600:]


def test_a_block_after_a_drop_notes_what_is_done(site: Site) -> None:
    tables = ("CREATE TABLE t (a int)", "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)")
    begun(site, *tables)
    add = '    op.create_check_constraint("k", "t", "a > 1")'
    block = "with op.get_context().autocommit_block():"
    site.revise('op.execute("CREATE TABLE q (a int)")', 'op.drop_constraint("k", "t")', block, add)
    for begins in cuts(written(site)):
        site.clean()
        site.sql(*tables)
        psql(site, begins)
        site.upgrade()
        assert site.one("SELECT count(*) FROM pg_constraint WHERE conname = 'k'") == 1
        assert site.version == ["002a"]
