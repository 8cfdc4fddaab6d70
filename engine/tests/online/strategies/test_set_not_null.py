"""SET NOT NULL beside writers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.killed import survives
from tests.online.watching import before_each, blocking_scans, watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    'CREATE TABLE t (a int PRIMARY KEY, "B" text)',
    "INSERT INTO t SELECT n, n FROM generate_series(1, 500) AS n",
)

SET = 'op.alter_column("t", "B", existing_type=sa.Text, nullable=False)'


def test_set_beside_writers(site: Site) -> None:
    site.sql(*TABLE)
    site.revise(SET)
    write = "INSERT INTO t SELECT max(a) + 1, 'x' FROM t"
    with watched() as steps, traffic(site, write) as written:
        site.upgrade()
    assert written
    assert not blocking_scans(steps, "t")
    site.equals(*TABLE, 'ALTER TABLE t ALTER COLUMN "B" SET NOT NULL')


def test_rows_without_a_value(site: Site) -> None:
    site.sql(*TABLE, 'UPDATE t SET "B" = NULL WHERE a < 4')
    before = site.catalog
    site.revise(SET)
    with pytest.raises(UserError) as error:
        site.upgrade()
    told = 'stops: 3 rows of t have no "B", which becomes NOT NULL, for example a = '
    assert told in str(error.value)
    assert site.catalog == before


def test_rows_of_old_code_beside_a_backfill(site: Site) -> None:
    """They come until the column is NOT NULL, and are filled, too."""
    site.sql(*TABLE, 'ALTER TABLE t ALTER "B" SET DEFAULT NULL')
    site.revise("""op.execute('UPDATE t SET "B" = \\'x\\' WHERE "B" IS NULL')""", SET)
    added = []

    def add(statement: str) -> None:
        if statement.startswith("ALTER TABLE") and "NOT VALID" in statement:
            added.append(statement)
            site.sql("INSERT INTO t VALUES (7000)")

    with before_each(add):
        site.upgrade()
    assert added
    assert site.one('SELECT "B" FROM t WHERE a = 7000') == "x"


def test_one_that_nobody_validated(site: Site) -> None:
    """PostgreSQL 18 shows it as NOT NULL, though there may be nulls."""
    site.needs(18)
    site.sql(*TABLE, 'ALTER TABLE t ADD CONSTRAINT known NOT NULL "B" NOT VALID')
    site.revise(SET)
    site.upgrade()
    assert 'constraint t known NOT NULL "B" t' in site.catalog


@pytest.mark.online
def test_a_run_that_dies(site: Site) -> None:
    site.revise(SET, 'op.execute("ALTER TABLE t ADD COLUMN c int")')
    survives(site, *TABLE, minimum=4)


def test_a_column_that_is_not_there(site: Site) -> None:
    site.sql(*TABLE)
    site.revise('op.alter_column("t", "none", nullable=False)')
    with pytest.raises(UserError, match='column "none" of relation "t" does not exist'):
        site.upgrade()


def test_names_with_signs(site: Site) -> None:
    site.sql('CREATE TABLE "100%" ("a""" int, a int NOT NULL)', 'INSERT INTO "100%" VALUES (1, 1)')
    site.revise(
        """op.alter_column("100%", 'a"', existing_type=sa.Integer, nullable=False)""",
        """op.create_check_constraint('ck "x" %', "100%", "a > 0")""",
        """op.create_index('ix % "q"', "100%", ["a"])""",
        """op.alter_column("100%", "a", existing_type=sa.Integer, type_=sa.BigInteger)""",
    )
    site.upgrade()
    lines = [line for line in site.catalog if "100%" in line]
    assert any(line.startswith('column "100%".a" integer t') for line in lines)
    assert any(line.startswith('column "100%".a bigint t') for line in lines)
    assert any(line.startswith('constraint "100%" ck "x" %') for line in lines)
    assert any(line.startswith('index CREATE INDEX "ix % ""q"""') for line in lines)
