"""Blocks of PL/pgSQL in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.offline import plpgsql_blocks
from alembic_pg.options import Settings
from tests.online.scripted import begun, psql, run_with_psql, written

if TYPE_CHECKING:
    from tests.online.site import Site


def test_a_literal_of_two_lines_stays_as_it_is(site: Site) -> None:
    begun(site, "CREATE TABLE t (a text)")
    site.revise("""op.create_check_constraint("c", "t", "a <> 'x\\ny'")""")
    run_with_psql(site, written(site))
    assert "constraint t c CHECK ((a <> 'x\ny'::text)) t" in site.catalog


def test_a_statement_of_any_kind_stands_in_a_block(site: Site) -> None:
    views = "CREATE VIEW v AS SELECT 1", "CREATE VIEW ddl_lock AS SELECT 1"
    begun(site, "CREATE TABLE t (a text)", "CREATE SEQUENCE s", *views)
    site.revise(
        'op.execute("DROP VIEW v; SELECT 1 AS n INTO made")',
        """op.execute("-- one\\n-- two\\nSELECT setval('s', 7); -- and\\nSELECT 1;")""",
        """op.execute("INSERT INTO t VALUES ('$ddl$ $run$ E\\\\') RETURNING a")""",
        'op.execute("WITH one AS (SELECT 5) UPDATE t SET a = a || 5 FROM one")',
        'op.execute("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END")',
        'op.execute("VALUES (1); TABLE t; EXPLAIN SELECT 1; SHOW search_path")',
        """op.execute("DO $$ BEGIN INSERT INTO t VALUES ('$run_$'); END $$")""",
        'op.execute("PREPARE p AS SELECT 1"); op.execute("EXECUTE p")',
        'op.execute("DROP VIEW ddl_lock; ALTER TABLE t ADD COLUMN b int")',
    )
    run_with_psql(site, written(site))
    assert site.rows("SELECT a FROM t ORDER BY a") == [("$ddl$ $run$ E\\5",), ("$run_$",)]
    assert site.one("SELECT nextval('s') + f() + (SELECT n FROM made)") == 11


def test_columns_may_have_the_names_of_variables(site: Site) -> None:
    begun(
        site,
        "CREATE TABLE t (id int PRIMARY KEY, found int, ddl_began text, ddl_lock text)",
        "CREATE TABLE other (ddl_limit text)",
        "INSERT INTO t VALUES (1, 1, 'began', 'lock')",
        "INSERT INTO other VALUES ('limit')",
    )
    site.revise(
        """op.execute("UPDATE t SET ddl_lock = ddl_lock || ddl_began WHERE found = 1")""",
        'op.execute("CREATE TABLE made AS SELECT found, ddl_limit FROM t, other")',
        'op.execute("SELECT found FROM t")',
        'op.add_column("t", sa.Column("a", sa.Integer))',
        'op.add_column("other", sa.Column("a", sa.Integer))',
    )
    site.revise("""op.execute("ALTER TABLE t ALTER found TYPE text USING found::text")""")
    run_with_psql(site, written(site))
    assert site.rows("SELECT found, ddl_lock FROM t") == [("1", "lockbegan")]
    assert site.rows("SELECT found, ddl_limit FROM made") == [(1, "limit")]


def test_the_name_of_a_variable_is_no_value(site: Site) -> None:
    begun(site, "CREATE TABLE t (a text)")
    site.revise('op.add_column("t", sa.Column("b", sa.Text))', 'op.execute("SELECT found")')
    done = psql(site, written(site))
    assert 'column "found" does not exist' in done.stderr
    assert site.version == ["001a"]


def test_no_text_ends_the_quote_in_which_it_stands(site: Site) -> None:
    begun(site, "CREATE TABLE t (a text)", "CREATE TABLE a$run ()", "CREATE TABLE a$ ()")
    tables = 'op.execute("TABLE a$run")', 'op.execute("TABLE a$")'
    site.revise('op.drop_column("t", "a")', *tables)
    run_with_psql(site, written(site))
    assert site.version == ["002a"]


def test_nothing_stands_in_the_line_of_a_comment() -> None:
    block = plpgsql_blocks.retry_block(Settings(), "-- only this", "DROP TABLE t")
    assert block.startswith("-- only this\nDO $ddl$\n")
