"""What psql finds out when it executes a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.offline import psql_commands as asked
from tests.online.beside import sampled, traffic
from tests.online.operations import PARTS
from tests.online.scripted import anew, begun, from_first_step, psql, run_with_psql, written
from tests.online.watching import strength

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.online.site import Site

INDEX = 'op.create_index("t_b_idx", "t", ["b"])'


def go_on(site: Site, sql: str) -> None:
    """Execute what a script has from its first step on: whole, it refuses."""
    assert "a revision is half done: run alembic upgrade head" in psql(site, sql).stderr
    run_with_psql(site, from_first_step(sql))


def upgrade(site: Site, sql: str) -> None:
    """Let a run go on where a script stopped."""
    assert "DROP INDEX" in sql
    site.upgrade()


SECOND_TRIES = pytest.mark.parametrize("again", [go_on, upgrade])


@SECOND_TRIES
def test_a_second_try_after_an_index_that_failed(
    site: Site, again: Callable[[Site, str], None]
) -> None:
    begun(site, 'CREATE TABLE "T" (a int, b int)', 'INSERT INTO "T" VALUES (1, 1), (1, 2)')
    site.revise('op.create_index("I x", "T", ["a"], unique=True)')
    sql = written(site)
    assert 'could not create unique index "I x"' in psql(site, sql).stderr
    assert (
        site.one("""SELECT indisvalid FROM pg_index WHERE indexrelid = '"I x"'::regclass""")
        is False
    )
    site.sql('UPDATE "T" SET a = b')
    again(site, sql)
    assert 'index CREATE UNIQUE INDEX "I x" ON public."T" USING btree (a) t' in site.catalog
    assert "the database is at 002a" in psql(site, sql).stderr
    # One that is valid is nobody's to drop.
    assert 'relation "I x" already exists' in psql(site, from_first_step(sql)).stderr


def test_a_second_try_after_a_constraint_that_failed(site: Site) -> None:
    begun(site, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (1)")
    site.revise('op.create_unique_constraint("t_a_key", "t", ["a"])')
    sql = written(site)
    assert psql(site, sql).returncode
    site.sql("DELETE FROM t WHERE ctid = '(0,1)'")
    go_on(site, sql)
    assert "constraint t t_a_key UNIQUE (a) t" in site.catalog


# The history makes the table; partitions are made where it is used.
PARENT, *CHILDREN = PARTS


@pytest.mark.parametrize("more", ["", ", unique=True"])
def test_an_index_of_partitions_that_nobody_knew(site: Site, more: str) -> None:
    begun(site, PARENT)
    site.sql(*CHILDREN, "CREATE TABLE gone PARTITION OF t FOR VALUES FROM (-9) TO (0)")
    site.revise(f'op.create_index("t_b_idx", "t", ["b", "id"]{more})')
    sql = written(site)
    with sampled(site) as seen, traffic(site, "UPDATE t SET a = a WHERE id % 50 = 1") as done:
        run_with_psql(site, sql)
    assert done
    assert all(strength(mode) <= strength("ShareLock") for mode in seen), seen
    by_psql = site.catalog
    assert len([line for line in by_psql if line.startswith("index ")]) == 6
    anew(site, PARENT, *CHILDREN, "CREATE TABLE gone PARTITION OF t FOR VALUES FROM (-9) TO (0)")
    site.upgrade()
    assert site.catalog == by_psql


@SECOND_TRIES
def test_a_second_try_of_an_index_on_partitions(
    site: Site, again: Callable[[Site, str], None]
) -> None:
    begun(site, PARENT)
    site.sql(*CHILDREN, "INSERT INTO t VALUES (5, 5, 'twice')")
    site.revise('op.create_index("t_b_idx", "t", ["b", "id"], unique=True)')
    sql = written(site)
    site.sql("INSERT INTO t VALUES (5, 5, 'twice')")
    assert "could not create unique index" in psql(site, sql).stderr
    site.sql("UPDATE t SET b = 'once' WHERE ctid = (SELECT max(ctid) FROM low WHERE b = 'twice')")
    again(site, sql)
    indexes = [line for line in site.catalog if line.startswith("index ")]
    assert len([line for line in indexes if " (b, id) " in line]) == 4
    assert all(line.endswith(" t") for line in indexes)


def test_an_index_that_a_partition_has_already(site: Site) -> None:
    begun(site, *PARTS, "CREATE INDEX mine ON low (b)")
    site.revise(INDEX)
    run_with_psql(site, written(site))
    by_psql = site.catalog
    assert "index CREATE INDEX mine ON public.low USING btree (b) t" in by_psql
    anew(site, *PARTS, "CREATE INDEX mine ON low (b)")
    site.upgrade()
    assert site.catalog == by_psql


@pytest.mark.parametrize("kind", ["p", "r"])
def test_a_key_of_a_table_that_nobody_knows(site: Site, kind: str) -> None:
    site.sql(*(PARTS if kind == "p" else ("CREATE TABLE t (id int, a int, b text)",)))
    site.revise('op.create_primary_key("t_pkey", "t", ["id"])')
    sql = written(site)
    assert "\\if :ddl_partitioned" in sql
    run_with_psql(site, sql)
    assert "constraint t t_pkey PRIMARY KEY (id) t" in site.catalog


@pytest.mark.parametrize("step", [asked.IF_LARGE, asked.ELSE, asked.END, "SELECT 1\n\\gexec"])
def test_a_command_of_psql(step: str) -> None:
    assert asked.ends_with_command(step)
    assert not asked.ends_with_command(f"COMMENT ON TABLE t IS '{step}'")


def test_an_index_of_partitions_goes(site: Site) -> None:
    begun(site, *PARTS)
    before = site.catalog
    site.sql("CREATE INDEX t_b_idx ON t (b)")
    site.revise('op.drop_index("t_b_idx", "t")')
    run_with_psql(site, written(site))
    assert site.catalog == before


def test_a_foreign_key_of_a_table_that_nobody_knows(site: Site) -> None:
    site.sql(*PARTS, "CREATE TABLE up (id int PRIMARY KEY)", "INSERT INTO up VALUES (5)")
    site.sql("DELETE FROM t WHERE id <> 5")
    site.revise('op.create_foreign_key("t_fk", "t", "up", ["id"], ["id"])')
    run_with_psql(site, written(site))
    assert "constraint t t_fk FOREIGN KEY (id) REFERENCES up(id) t" in site.catalog
