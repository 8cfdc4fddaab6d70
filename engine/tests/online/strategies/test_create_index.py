"""Indexes come and go while rows are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.killed import survives
from tests.online.watching import blocking_scans, watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, b text)",
    "INSERT INTO t (a, b) SELECT n, n % 50 FROM generate_series(1, 500) AS n",
)

ENDS = ("op.execute('ROLLBACK')", "op.execute('BEGIN')")

WRITE = "INSERT INTO t (a, b) VALUES (1, 'x')"


@pytest.fixture(autouse=True)
def table(site: Site) -> None:
    """A table with rows."""
    site.sql(*TABLE)


def test_created_and_dropped_beside_writers(site: Site) -> None:
    site.revise(
        'op.create_index("t_a_idx", "t", ["a"])',
        'op.create_index("t_b_idx", "t", [sa.text("lower(b)")], postgresql_where="a > 5")',
        downgrade='op.drop_index("t_b_idx", "t"); op.drop_index("t_a_idx", table_name="t")',
    )
    with watched() as steps, traffic(site, WRITE) as written:
        site.upgrade()
    assert written
    assert not blocking_scans(steps, "t")
    assert "index CREATE INDEX t_a_idx ON public.t USING btree (a) t" in site.catalog
    builds = [step.sql for step in steps if step.sql.startswith("CREATE INDEX")]
    assert builds == [
        "CREATE INDEX CONCURRENTLY t_a_idx ON public.t (a)",
        "CREATE INDEX CONCURRENTLY t_b_idx ON public.t (lower(b)) WHERE a > 5",
    ]
    with watched() as steps, traffic(site, WRITE):
        site.downgrade("001a")
    assert [step.sql for step in steps if step.sql.startswith("DROP")] == [
        "DROP INDEX CONCURRENTLY IF EXISTS public.t_b_idx",
        "DROP INDEX CONCURRENTLY IF EXISTS public.t_a_idx",
    ]
    assert not [line for line in site.catalog if "_idx" in line]


def test_written_as_sql(site: Site) -> None:
    site.revise('op.execute("CREATE UNIQUE INDEX t_a_idx ON public.t USING btree (a)")')
    with watched() as steps:
        site.upgrade()
    assert any("CREATE UNIQUE INDEX CONCURRENTLY" in step.sql for step in steps)


def test_an_invalid_one_is_built_anew(site: Site) -> None:
    site.sql(
        "CREATE INDEX t_a_idx ON t (a)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_a_idx'::regclass",
    )
    site.revise('op.create_index("t_a_idx", "t", ["a"])')
    site.upgrade()
    assert "index CREATE INDEX t_a_idx ON public.t USING btree (a) t" in site.catalog


def test_one_that_is_there_already(site: Site) -> None:
    site.sql("CREATE INDEX t_a_idx ON t (a) WHERE b <> '%'", "CREATE INDEX t_b_idx ON t (b)")
    site.revise('op.create_index("t_a_idx", "t", ["a"], postgresql_where="b <> \'%\'")')
    with watched() as steps:
        site.upgrade()
    assert not any("CONCURRENTLY" in step.sql for step in steps)
    site.revise('op.create_index("t_b_idx", "t", ["a"])')
    with pytest.raises(UserError, match='"t_b_idx" already exists'):
        site.upgrade()


def test_rows_that_are_not_unique(site: Site) -> None:
    before = site.catalog
    site.revise('op.create_index("t_b_idx", "t", ["b"], unique=True)')
    with pytest.raises(UserError) as error:
        site.upgrade()
    assert str(error.value).startswith(
        "Revision 002a (step 002a) stops: duplicates in t (50 of b): "
        'could not create unique index "t_b_idx" (Key (b)=('
    )
    assert site.catalog == before
    site.sql("DELETE FROM t WHERE id > 50")
    site.upgrade()
    assert site.version == ["002a"]


def test_a_changed_one_is_replaced_and_never_missed(site: Site) -> None:
    site.sql("CREATE INDEX t_a_idx ON t (a)")
    site.revise(
        'op.drop_index("t_a_idx", "t")',
        'op.create_index("t_a_idx", "t", ["a", "b"])',
        'op.execute("SELECT 1")',
    )
    with watched() as steps:
        site.upgrade()
    begins = ("CREATE INDEX", "ALTER INDEX", "DROP INDEX")
    changes = [s.sql for s in steps if s.sql.startswith(begins) and "ddl_probe" not in s.sql]
    assert changes == [
        "CREATE INDEX CONCURRENTLY t_a_idx_ddl_new ON public.t (a, b)",
        "ALTER INDEX public.t_a_idx RENAME TO t_a_idx_ddl_old",
        "ALTER INDEX public.t_a_idx_ddl_new RENAME TO t_a_idx",
        "DROP INDEX CONCURRENTLY IF EXISTS public.t_a_idx_ddl_old",
    ]
    survives(site, *TABLE, "CREATE INDEX t_a_idx ON t (a)")


@pytest.mark.parametrize(
    "lines",
    [
        ("with op.get_context().autocommit_block():", "    op.drop_index('i', 't')", *ENDS[:1]),
        ("op.execute('COMMIT')", "op.drop_index('i', 't')", "op.execute('BEGIN')", *ENDS[:1]),
        (
            "with op.get_context().autocommit_block():",
            "    op.drop_index('i', 't')",
            "op.get_bind()",
            *ENDS,
        ),
    ],
)
def test_what_an_autocommit_block_drops_is_gone(site: Site, lines: tuple[str, ...]) -> None:
    """A ROLLBACK after the block took back the drop that waited for a next statement."""
    site.sql("CREATE INDEX i ON t (a)")
    site.revise(*lines)
    site.upgrade()
    assert site.one("SELECT to_regclass('i')") is None
    assert site.version == ["002a"]


def test_one_that_is_not_there(site: Site) -> None:
    site.revise('op.drop_index("t_none_idx", "t")')
    with pytest.raises(UserError, match='"t_none_idx" does not exist'):
        site.upgrade()


def test_an_index_of_a_constraint_is_left_to_postgresql(site: Site) -> None:
    site.revise('op.drop_index("t_pkey", "t")')
    with pytest.raises(UserError, match="cannot drop index t_pkey because constraint"):
        site.upgrade()


def test_a_run_that_dies(site: Site) -> None:
    site.revise(
        'op.add_column("t", sa.Column("c", sa.Integer))',
        'op.create_index("t_c_idx", "t", ["c"])',
        'op.execute("INSERT INTO t (a) VALUES (7000)")',
        'op.create_index("t_a_idx", "t", ["a"])',
        'op.add_column("t", sa.Column("d", sa.Integer))',
    )
    survives(site, *TABLE)
    assert site.one("SELECT count(*) FROM t WHERE a = 7000") == 1


@pytest.mark.online
def test_a_drop_that_dies(site: Site) -> None:
    site.revise('op.drop_index("t_a_idx", "t")', 'op.drop_index("t_b_idx", "t")')
    survives(site, *TABLE, "CREATE INDEX t_a_idx ON t (a)", "CREATE INDEX t_b_idx ON t (b)")


OTHER = ("CREATE TABLE other (x int)", "INSERT INTO other SELECT generate_series(1, 500)")


def test_one_of_that_name_moves_to_another_table(site: Site) -> None:
    tables = (*OTHER, "CREATE INDEX ix ON t (a)")
    site.sql(*tables)
    site.revise('op.drop_index("ix", "t")', 'op.create_index("ix", "other", ["x"])')
    site.upgrade()
    assert "index CREATE INDEX ix ON public.other USING btree (x) t" in site.catalog
    site.again('op.drop_index("ix", "t")', 'op.create_index("ix", "other", ["x"])')
    survives(site, *TABLE, *tables)


@pytest.mark.parametrize("valid", [True, False])
def test_one_of_that_name_on_another_table(site: Site, *, valid: bool) -> None:
    site.sql(
        *OTHER,
        "CREATE INDEX ix ON t (a)",
        f"UPDATE pg_index SET indisvalid = {valid} WHERE indexrelid = 'ix'::regclass",  # noqa: S608
    )
    before = [line for line in site.catalog if line.startswith("index")]
    site.revise('op.execute("CREATE INDEX ix ON other (x)")')
    for _ in range(2):
        with pytest.raises(UserError, match='"ix" already exists'):
            site.upgrade()
    assert before == [line for line in site.catalog if line.startswith("index")]
    site.sql("COMMENT ON TABLE alembic_version IS NULL")
    site.again('op.execute("CREATE INDEX IF NOT EXISTS ix ON other (x)")')
    site.upgrade()
    assert before == [line for line in site.catalog if line.startswith("index")]


def test_a_second_try_replaces_no_other(site: Site) -> None:
    site.sql("CREATE INDEX t_b_idx ON t (b)")
    site.revise('op.create_index("t_b_idx", "t", ["a"])')
    for _ in range(2):
        with pytest.raises(UserError, match='"t_b_idx" already exists'):
            site.upgrade()
    assert "index CREATE INDEX t_b_idx ON public.t USING btree (b) t" in site.catalog


@pytest.mark.parametrize(
    "more",
    [
        "COMMENT ON INDEX t_e_idx IS 'Why'",
        "ALTER INDEX t_e_idx ALTER COLUMN 1 SET STATISTICS 99",
        "ALTER TABLE t CLUSTER ON t_e_idx",
    ],
)
def test_an_equal_one_that_has_more_is_replaced(site: Site, more: str) -> None:
    site.sql("CREATE INDEX t_e_idx ON t ((a + 1))")
    bare = site.catalog
    site.sql(more)
    site.revise(
        'op.drop_index("t_e_idx", "t")', 'op.create_index("t_e_idx", "t", [sa.text("(a + 1)")])'
    )
    site.upgrade()
    assert site.catalog == bare
    assert site.one(
        "SELECT NOT indisclustered AND obj_description(indexrelid) IS NULL AND NOT EXISTS "
        "(SELECT FROM pg_attribute WHERE attrelid = indexrelid AND attstattarget >= 0) "
        "FROM pg_index WHERE indexrelid = 't_e_idx'::regclass"
    )
