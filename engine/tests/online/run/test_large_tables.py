"""From which size on a table is a large one: the option large_table, wherever it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.scripted import begun, run_with_psql, written

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = ("CREATE TABLE t (a int)", "INSERT INTO t SELECT generate_series(1, 100)")
REWRITES = 'op.execute("ALTER TABLE t ADD c int GENERATED ALWAYS AS (a * 2) STORED")'
WIDER = 'op.alter_column("t", "a", type_=sa.BigInteger())'


def test_a_run_asks_for_it(site: Site) -> None:
    site.sql(*TABLE)
    site.revise(REWRITES)
    with pytest.raises(UserError, match="stops: Adding the column c reads or writes all of t"):
        site.upgrade(large_table="1kB")
    site.upgrade(large_table="1MB")
    assert site.version == ["002a"]


def test_a_plan_asks_for_it(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    site.sql(*TABLE)
    site.revise(REWRITES)
    site.upgrade(plan="", large_table="1kB")
    assert "Refused: Adding the column c" in capfd.readouterr().out
    site.upgrade(plan="", large_table="1MB")
    assert "Refused: " not in capfd.readouterr().out


def test_a_script_asks_psql_for_it(site: Site) -> None:
    begun(site, *TABLE)
    site.revise(WIDER)
    number = site.one("SELECT 't'::regclass::oid")
    assert "WHERE 12345 < (" in written(site, large_table="12345")
    sql = written(site, large_table="1MB")
    assert "WHERE 1048576 < (" in sql
    run_with_psql(site, sql)
    # The column was changed at once, and no second one stood beside it.
    assert site.rows(
        "SELECT attname, attnum FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0"
    ) == [("a", 1)]
    assert site.one("SELECT 't'::regclass::oid") == number


@pytest.mark.parametrize("name", ["Big", 'public."Big"', "public.Big", '"Big"'])
@pytest.mark.parametrize("quoted", ["on", "off"])
def test_a_name_is_the_one_that_a_person_writes(site: Site, name: str, quoted: str) -> None:
    site.sql(
        'CREATE TABLE "Big" (a int)',
        'INSERT INTO "Big" SELECT generate_series(1, 100)',
        f"ALTER DATABASE {site.url.database} SET quote_all_identifiers = {quoted}",
    )
    line = """op.execute('ALTER TABLE "Big" ADD COLUMN g int GENERATED ALWAYS AS (a) STORED')"""
    site.revise(line)
    with pytest.raises(UserError) as error:
        site.upgrade(large_table="0")
    assert str(error.value).splitlines()[1] == 'Or let it: blocking = ["Big"] in the revision.'
    site.again(line, top=f"blocking = [{name!r}]")
    site.upgrade(large_table="0")
