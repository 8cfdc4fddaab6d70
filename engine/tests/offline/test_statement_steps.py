"""The online forms as static SQL."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.offline.statement_steps import StepWriter
from alembic_pg.online.run.signals import UnchangedStatement
from alembic_pg.options import Settings
from sqlalchemy import text
from tests.online.beside import traffic
from tests.online.scripted import psql, run_with_psql, written

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TYPE mood AS ENUM ('sad')",
    "CREATE TABLE parent (id int PRIMARY KEY)",
    "INSERT INTO parent VALUES (1)",
    "CREATE TABLE t (a int, b text, c int, m mood)",
    "INSERT INTO t (a, c) SELECT n, 1 FROM generate_series(1, 5000) AS n",
    "CREATE INDEX old_idx ON t (b)",
    "CREATE TABLE parts (a int, b text) PARTITION BY RANGE (a)",
    "CREATE TABLE part PARTITION OF parts DEFAULT",
    "INSERT INTO parts SELECT generate_series(1, 100)",
)

LINES = (
    'op.create_table("fresh", sa.Column("a", sa.Integer))',
    'op.create_index("fresh_a_idx", "fresh", ["a"])',
    """op.execute("UPDATE t SET b = 'it''s ' || a WHERE b IS NULL")""",
    """op.execute("UPDATE parts SET b = '%' WHERE b IS NULL")""",
    'op.create_index("t_c_idx", "t", ["c"], postgresql_where="b <> \'\'")',
    'op.drop_index("old_idx", "t")',
    'op.create_primary_key("t_pkey", "t", ["a"])',
    'op.create_unique_constraint("t_b_key", "t", ["b"])',
    'op.create_foreign_key("t_fk", "t", "parent", ["c"], ["id"])',
    'op.create_check_constraint("t_check", "t", "a > 0")',
    'op.alter_column("t", "c", existing_type=sa.Integer, nullable=False)',
    """op.execute("ALTER TYPE mood ADD VALUE 'glad'")""",
    """op.execute("UPDATE t SET m = 'glad'")""",
)


WAITING = text("""
SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


def test_psql_does_what_the_command_does(site: Site) -> None:
    site.sql(*TABLES)
    site.revise(*LINES)
    sql = written(site)
    assert "CREATE INDEX fresh_a_idx ON fresh (a);" in sql
    with traffic(site, "UPDATE parent SET id = 1", "UPDATE t SET c = 1 WHERE a < 5") as done:
        run_with_psql(site, sql)
    assert done
    assert site.version == ["002a"]
    assert site.one("SELECT count(*) FROM parts WHERE b = '%'") == 100
    by_hand, rows = site.catalog, site.rows("SELECT * FROM t ORDER BY a")
    site.clean()
    site.sql("DROP TYPE IF EXISTS mood", *TABLES)
    site.upgrade()
    assert site.catalog == by_hand
    assert site.rows("SELECT * FROM t ORDER BY a") == rows


SCRIPT = partial(StepWriter, Settings())


@pytest.mark.parametrize(
    ("sql", "steps"),
    [
        ("SELECT 1", None),
        ("UPDATE t SET a = 1 WHERE b", None),
        ("ALTER TABLE t ADD COLUMN a int DEFAULT 5", None),
        ("DROP INDEX IF EXISTS i", ["DROP INDEX CONCURRENTLY IF EXISTS i"]),
        (
            "CREATE INDEX IF NOT EXISTS i ON t (a)",
            ["CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)"],
        ),
        ("ALTER TABLE t ADD CONSTRAINT e EXCLUDE USING gist (a WITH =)", None),
    ],
)
def test_steps(sql: str, steps: list[str] | None) -> None:
    assert SCRIPT().steps(sql, in_batches=False) == steps


def test_an_enum_value_comes_in_a_transaction_that_can_note_it() -> None:
    sql = "ALTER TYPE m ADD VALUE IF NOT EXISTS 'x'"
    steps = SCRIPT().steps(sql, in_batches=False)
    assert isinstance(steps, list)
    (step,) = steps
    assert step.startswith("DO $ddl$")
    assert f"      {sql};\n" in step


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ALTER a TYPE bigint",
        "ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()",
        "ALTER TABLE t ADD COLUMN a bigserial",
        "UPDATE t SET a = now() WHERE a IS NULL",
        "UPDATE t SET a = mine(b) WHERE a IS NULL",
        "UPDATE t SET a = s.mine(b) WHERE a IS NULL",
    ],
)
def test_what_cannot_be_asked_stands_as_it_is(sql: str) -> None:
    steps = SCRIPT().steps(sql, in_batches=False)
    assert isinstance(steps, UnchangedStatement)
    comment, _, statement = steps.text.partition("\n")
    assert (comment[:3], statement) == ("-- ", sql)


def test_tables_of_the_same_script() -> None:
    script = SCRIPT()
    assert script.steps('CREATE TABLE public."T" (a int)', in_batches=False) is None
    assert script.steps("CREATE TABLE IF NOT EXISTS v (a int)", in_batches=False) is None
    assert script.steps("CREATE UNLOGGED TABLE s.u (a int)", in_batches=False) is None
    for table in ('"T"', 'public."T"', "S.U"):
        assert script.steps(f"CREATE INDEX i ON {table} (a)", in_batches=False) is None
    assert script.steps("CREATE INDEX i ON t (a)", in_batches=False)
    for table in ("u", "v"):
        assert script.steps(f"CREATE INDEX i ON {table} (a)", in_batches=False)


def test_what_an_autocommit_block_says(site: Site) -> None:
    site.revise(
        "with op.get_context().autocommit_block():",
        '    op.create_check_constraint("c", "t", "a > 0")',
        '    op.execute("VACUUM t")',
        'op.execute("SELECT 1")',
    )
    site.sql("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    run_with_psql(site, written(site))
    assert site.version == ["002a"]


def test_what_is_there_for_one_transaction_only(site: Site) -> None:
    site.revise(
        'op.execute("CREATE TEMP TABLE m ON COMMIT DROP AS SELECT 5 AS n")',
        'op.create_check_constraint("c", "t", "a > 0")',
        'op.execute("UPDATE t SET a = (SELECT n FROM m)")',
    )
    site.sql("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    run_with_psql(site, written(site))
    assert site.rows("SELECT a FROM t") == [(5,)]


def test_triggers_for_each_statement_see_one(site: Site) -> None:
    site.sql(
        "CREATE TABLE t (a int, b int)",
        "INSERT INTO t SELECT generate_series(1, 200000)",
        "CREATE TABLE log (a int)",
        (
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN INSERT INTO log VALUES (1); RETURN NULL; END'"
        ),
        "CREATE TRIGGER note AFTER UPDATE ON t FOR EACH STATEMENT EXECUTE FUNCTION note()",
    )
    site.revise('op.execute("UPDATE t SET b = 1 WHERE b IS NULL")')
    run_with_psql(site, written(site))
    assert site.rows("SELECT count(*) FROM log") == [(1,)]
    assert site.one("SELECT sum(b) FROM t") == 200_000


def test_a_condition_that_its_work_does_not_end(site: Site) -> None:
    site.sql("CREATE TABLE t (n int)", "INSERT INTO t SELECT 0 FROM generate_series(1, 100)")
    site.revise(
        'op.execute("UPDATE t SET n = n + 1 WHERE n >= 0", execution_options={"batches": True})'
    )
    done = psql(site, written(site))
    assert "the WHERE finds 100 rows again that were changed" in done.stderr
    assert site.rows("SELECT DISTINCT n FROM t") == [(0,)]


def test_it_gives_way_and_tries_again(site: Site) -> None:
    site.sql("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    site.revise(
        'op.create_check_constraint("c", "t", "a > 0")',
        'op.execute("UPDATE t SET a = 2 WHERE a = 1", execution_options={"batches": True})',
    )
    sql = written(site)
    with make_engine(site.url).connect() as somebody:
        somebody.execute(text("SELECT a FROM t FOR UPDATE"))
        run = threading.Thread(target=run_with_psql, args=(site, sql))
        run.start()
        with make_engine(site.url).connect() as other:
            while not other.scalar(WAITING):
                other.rollback()
            # Who comes after it waits for the script no longer than lock_timeout.
            other.execute(text("INSERT INTO t VALUES (7)"))
            other.commit()
        somebody.rollback()
        run.join()
    assert site.version == ["002a"]
    assert site.rows("SELECT a FROM t ORDER BY a") == [(2,), (7,)]


def test_batches_on_request() -> None:
    steps = SCRIPT().steps("DELETE FROM t WHERE a > 5", in_batches=True)
    assert isinstance(steps, list)
    assert steps[0].startswith("DO $ddl$")
    steps = SCRIPT().steps("DELETE FROM t WHERE a > $ddl$5$ddl$::int", in_batches=True)
    assert isinstance(steps, list)
    assert steps[0].startswith("DO $ddl_$")
    assert steps[0].endswith("$ddl_$")
