"""The online forms as static SQL."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING

import pytest
from alembic import command

from ddl.compare import dump
from ddl.embedded import programs
from ddl.online.script import Script
from tests.ddl.online.conftest import traffic

if TYPE_CHECKING:
    from tests.ddl.online.conftest import Site

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


def written(site: Site) -> str:
    """Return what alembic upgrade --sql writes."""
    config = site.config()
    config.output_buffer = io.StringIO()
    command.upgrade(config, f"{site.made[0]}:head", sql=True)
    return config.output_buffer.getvalue()


# Now and then its writers and the script deadlock, and PostgreSQL chooses a writer.
@pytest.mark.online
def test_psql_does_what_the_command_does(site: Site) -> None:
    site.sql(*TABLES)
    site.revise(*LINES)
    sql = written(site)
    assert "CREATE INDEX fresh_a_idx ON fresh (a);" in sql
    psql = programs.find("psql")
    assert psql
    with traffic(site, "UPDATE parent SET id = 1", "UPDATE t SET c = 1 WHERE a < 5") as done:
        run = subprocess.run(
            [psql, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"],
            env=dump.environment(site.url),
            input=sql,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (run.returncode, run.stderr) == (0, "")
    assert done
    assert site.version == ["002a"]
    assert site.one("SELECT count(*) FROM parts WHERE b = '%'") == 100
    by_hand, rows = site.catalog, site.rows("SELECT * FROM t ORDER BY a")
    site.clean()
    site.sql("DROP TYPE IF EXISTS mood", *TABLES)
    site.upgrade()
    assert site.catalog == by_hand
    assert site.rows("SELECT * FROM t ORDER BY a") == rows


@pytest.mark.parametrize(
    ("sql", "steps"),
    [
        ("SELECT 1", None),
        ("UPDATE t SET a = 1 WHERE b", None),
        ("ALTER TABLE t ADD COLUMN a int", None),
        ("DROP INDEX IF EXISTS i", [["", "DROP INDEX CONCURRENTLY IF EXISTS i"]]),
        (
            "CREATE INDEX IF NOT EXISTS i ON t (a)",
            [["", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)"]],
        ),
        (
            "ALTER TYPE m ADD VALUE IF NOT EXISTS 'x'",
            [["", "ALTER TYPE m ADD VALUE IF NOT EXISTS 'x'"]],
        ),
        (
            "ALTER TABLE t ALTER a TYPE bigint",
            [
                [
                    (
                        "-- PostgreSQL may write all of t anew for this.\n"
                        "ALTER TABLE t ALTER a TYPE bigint"
                    )
                ]
            ],
        ),
        ("ALTER TABLE t ADD CONSTRAINT e EXCLUDE USING gist (a WITH =)", None),
    ],
)
def test_steps(sql: str, steps: list[list[str]] | None) -> None:
    assert Script().steps(sql, asked=False) == steps


def test_tables_of_the_same_script() -> None:
    script = Script()
    assert script.steps('CREATE TABLE IF NOT EXISTS public."T" (a int)', asked=False) is None
    assert script.steps("CREATE UNLOGGED TABLE s.u (a int)", asked=False) is None
    for table in ('"T"', 'public."T"', "S.U"):
        assert script.steps(f"CREATE INDEX i ON {table} (a)", asked=False) is None
    assert script.steps("CREATE INDEX i ON t (a)", asked=False)
    assert script.steps("CREATE INDEX i ON u (a)", asked=False)


def test_batches_on_request() -> None:
    steps = Script().steps("DELETE FROM t WHERE a > 5", asked=True)
    assert steps
    assert steps[0][0] == ""
    assert steps[0][1].startswith("DO $ddl$")
    steps = Script().steps("DELETE FROM t WHERE a > $ddl$5$ddl$::int", asked=True)
    assert steps
    assert steps[0][1].startswith("DO $ddl_$")
    assert steps[0][1].endswith("$ddl_$")
