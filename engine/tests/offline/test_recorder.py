"""What a run does, as a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.online.beside import sampled, traffic
from tests.online.dumped import dumped
from tests.online.operations import OPERATIONS, lines
from tests.online.scripted import (
    anew,
    begun,
    from_first_step,
    psql,
    run_with_psql,
    written,
    written_back,
)
from tests.online.strategies.test_change_type import KEYS, TABLES, WIDEN, WRITES
from tests.online.watching import filenode, strength

if TYPE_CHECKING:
    from tests.online.site import Site

_COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0"


def values(site: Site, without: str) -> list[Any]:
    """Return the rows of t, whatever the order of its columns is. without: a column."""
    found = site.rows(f"{_COLUMNS} AND NOT attisdropped ORDER BY 1")
    names = ", ".join(name for (name,) in found if name != without)
    return site.rows(f"SELECT {names} FROM t ORDER BY {names}")  # noqa: S608  # names


def state(site: Site) -> tuple[list[str], list[str]]:
    """Return what the catalog has, and what pg_dump prints."""
    return site.catalog, dumped(site)


@pytest.mark.parametrize("name", OPERATIONS)
def test_psql_does_what_a_run_does(site: Site, name: str) -> None:
    operation = OPERATIONS[name]
    begun(site, *operation.tables)
    site.revise(*lines(name, "ops"))
    sql = written(site)
    file = filenode(site, "t")
    with (
        sampled(site) as seen,
        traffic(site, operation.write) as wrote,
        traffic(site, "SELECT count(*) FROM t WHERE id < 50") as read,
    ):
        run_with_psql(site, sql)
    assert wrote
    assert read
    assert filenode(site, "t") == file
    strongest = strength(operation.strongest or "RowExclusiveLock")
    assert all(strength(mode) <= strongest for mode in seen), seen
    if operation.varies:
        varies = f"count(DISTINCT {operation.varies}) = count(*)"
        assert site.one(f"SELECT {varies} FROM t")  # noqa: S608  # a name
    by_psql = state(site), values(site, operation.varies)
    site.clean()
    site.sql("DROP TYPE IF EXISTS mood")
    anew(site, *operation.tables)
    site.upgrade()
    assert (state(site), values(site, operation.varies)) == by_psql


def test_keys_become_bigint_beside_writers(site: Site) -> None:
    begun(site, *TABLES)
    site.revise(*WIDEN)
    sql = written(site)
    files = [filenode(site, table) for table in ("parent", "child")]
    with traffic(site, *WRITES) as done:
        run_with_psql(site, sql)
    assert done
    assert [filenode(site, table) for table in ("parent", "child")] == files
    for table, column in KEYS:
        kind = f"SELECT pg_typeof({column})::text FROM {table} LIMIT 1"  # noqa: S608  # names
        assert site.one(kind) == "bigint"
    # The numbers go on, and nobody's row was lost.
    site.sql(*WRITES)
    assert site.one("SELECT count(*) = max(id) FROM parent")
    assert site.one("SELECT sum(touched) FROM child") == 0
    by_psql = state(site)
    anew(site, *TABLES)
    site.upgrade()
    assert state(site) == by_psql


NAME = '"My ""T"""'

ODD = (
    f'CREATE TABLE {NAME} (id int PRIMARY KEY, "Select" text, n int)',
    f"INSERT INTO {NAME} SELECT n, nullif(n % 3, 0) || '%', n FROM generate_series(1, 99) AS n",  # noqa: S608
    f"""CREATE INDEX "Odd ""i" ON {NAME} ("Select" DESC) WHERE "Select" <> '$ddl$'""",
)

ODD_TYPE = f"""
ALTER TABLE {NAME} ALTER COLUMN "Select" TYPE varchar(9) USING '$ddl$' || "Select" -- 1 %"""

ODD_COLUMN = """op.add_column('My "T"', sa.Column("Key", sa.Text, nullable=False,
        server_default=sa.text("'$ddl$' || random()")))"""


def test_names_and_values_of_any_kind(site: Site) -> None:
    begun(site, *ODD)
    site.revise(f"op.execute({ODD_TYPE!r})", ODD_COLUMN)
    run_with_psql(site, written(site))
    found = site.rows(f'SELECT "Select", count(*) FROM {NAME} GROUP BY 1 ORDER BY 1')  # noqa: S608
    assert found == [("$ddl$1%", 33), ("$ddl$2%", 33), (None, 33)]
    assert site.one(f'SELECT count(DISTINCT "Key") FROM {NAME}') == 99  # noqa: S608
    by_psql = state(site)
    anew(site, *ODD)
    site.upgrade()
    assert state(site) == by_psql


def test_the_way_back(site: Site) -> None:
    begun(site, *TABLES)
    before = state(site)
    back = "op.alter_column('parent', 'id', existing_type=sa.BigInteger, type_=sa.Integer)"
    site.revise(WIDEN[0], downgrade=back)
    run_with_psql(site, written(site))
    sql = written_back(site)
    assert "ADD COLUMN id_ddl_new integer" in sql
    with traffic(site, *WRITES) as done:
        run_with_psql(site, sql)
    assert done
    assert site.version == ["001a"]
    assert state(site) == before


def test_a_value_that_the_type_does_not_have(site: Site) -> None:
    begun(site, "CREATE TABLE t (b text)", "INSERT INTO t SELECT generate_series(1, 9)")
    site.sql("INSERT INTO t (b) VALUES ('x')")
    site.revise('op.execute("ALTER TABLE t ALTER b TYPE int USING b::int")')
    before, sql = site.catalog, written(site)
    done = psql(site, sql)
    assert done.returncode
    assert 'ERROR:  invalid input syntax for type integer: "x"' in done.stderr
    # Nothing is left that would fail for who writes.
    assert site.catalog[:-1] == before[:-1]
    assert site.note() is not None
    assert site.version == ["001a"]
    site.sql("INSERT INTO t (b) VALUES ('y')", "UPDATE t SET b = '10' WHERE b IN ('x', 'y')")
    assert "a revision is half done: run alembic upgrade head" in psql(site, sql).stderr
    run_with_psql(site, from_first_step(sql))
    assert site.one("SELECT sum(b) FROM t") == 65


def test_a_second_try_begins_anew(site: Site) -> None:
    begun(site, "CREATE TABLE t (a int)", "INSERT INTO t SELECT generate_series(1, 100)")
    site.revise('op.execute("ALTER TABLE t ALTER a TYPE bigint USING a * 10")')
    sql = written(site)
    steps = sql.split("\n\n")
    start = steps.index("COMMIT;") + 1
    run_with_psql(site, "\n\n".join(steps[:start]))
    swap = next(number for number, step in enumerate(steps) if "LOCK TABLE" in step)
    for number in range(start, swap):
        if steps[number].startswith("DO "):
            # Without the rest psql only complains of the end that is missing.
            psql(site, "\n\n".join(steps[start : number + 1]))
    assert any(" a_ddl_new " in line or ".a_ddl_new " in line for line in site.catalog)
    site.sql("INSERT INTO t VALUES (101)")
    run_with_psql(site, "\n\n".join(steps[start:]))
    assert site.one("SELECT sum(a) FROM t") == 51510
    # Done, it is not done again.
    assert "the database is at 002a" in psql(site, sql).stderr
    done = psql(site, "\n\n".join(steps[start:]))
    assert "a of t is not integer: leave out the steps that are done" in done.stderr
    assert site.one("SELECT sum(a) FROM t") == 51510


def test_another_version_has_other_steps(site: Site) -> None:
    begun(site, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    site.revise('op.execute("ALTER TABLE t ALTER a TYPE bigint")')
    version = site.one("SELECT current_setting('server_version_num')::int / 10000")
    other = written(site).replace(f"10000 = {version})", "10000 = 9)")
    said = psql(site, other).stderr
    assert "let SHADOW_DATABASE_URL name a server of this one's version" in said


def test_a_setting_that_a_value_depends_on(site: Site) -> None:
    begun(site, "CREATE TABLE t (a timestamptz)", "INSERT INTO t VALUES ('2000-01-01 00:00+00')")
    site.revise('op.execute("ALTER TABLE t ALTER a TYPE timestamp")')
    run_with_psql(site, f"SET TimeZone = 'Asia/Tokyo';\n{written(site)}")
    assert site.one("SELECT a::text FROM t") == "2000-01-01 09:00:00"
