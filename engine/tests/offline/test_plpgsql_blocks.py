"""Blocks of PL/pgSQL in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.online.scripted import begun, run_with_psql, written

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
