"""A second column is what the first one becomes, whoever writes meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.prices import PRICES, TO_CENTS
from tests.online.watching import before_each

if TYPE_CHECKING:
    from tests.online.site import Site


def test_the_time_zone_is_the_one_of_the_run(site: Site) -> None:
    """A row that somebody with another one touches meanwhile becomes what it had become else."""
    site.sql(
        "CREATE TABLE e (id int, t timestamp)",
        "INSERT INTO e SELECT n, '2020-02-02' FROM generate_series(1, 300) AS n",
    )
    site.revise('op.execute("ALTER TABLE e ALTER COLUMN t TYPE timestamptz")')
    write = "UPDATE e SET id = id WHERE id % 7 = 1"
    with traffic(site, "SET TimeZone TO 'Asia/Tokyo'", write) as written:
        site.upgrade()
    assert written
    assert site.one("SELECT count(DISTINCT t) FROM e") == 1


def test_a_role_that_may_only_write(site: Site) -> None:
    """It needs nothing that the change needs."""
    site.sql(
        *PRICES,
        "CREATE SCHEMA own",
        (
            "CREATE FUNCTION own.cents(int) RETURNS bigint IMMUTABLE LANGUAGE sql "
            "AS 'SELECT $1 * 100::bigint'"
        ),
        "CREATE ROLE writes_only",
        "GRANT INSERT ON pay TO writes_only",
    )
    site.revise(
        'op.execute("ALTER TABLE pay ALTER COLUMN price TYPE bigint USING own.cents(price)")'
    )
    write = ("SET ROLE writes_only", "INSERT INTO pay VALUES (1, 7)")
    try:
        with traffic(site, *write) as written:
            site.upgrade()
        assert written
    finally:
        site.sql("DROP OWNED BY writes_only", "DROP ROLE writes_only")
    assert site.one("SELECT count(*) FROM pay WHERE price IS NULL") == 0


def test_something_else_has_changed_it(site: Site) -> None:
    site.sql(*PRICES)
    before = site.catalog
    site.revise(TO_CENTS)

    def change(statement: str) -> None:
        if statement.startswith("SELECT EXISTS (SELECT FROM ONLY public.pay"):
            site.sql(
                "ALTER TABLE pay DISABLE TRIGGER USER",
                "UPDATE pay SET price = 8 WHERE id = 1",
                "ALTER TABLE pay ENABLE ALWAYS TRIGGER zzz_price_ddl_keep",
            )

    with before_each(change), pytest.raises(UserError, match="something else has changed price_"):
        site.upgrade()
    assert site.catalog == before


def test_rows_as_values(site: Site) -> None:
    site.sql(
        "CREATE TYPE ct AS (a int, b int)",
        "CREATE TYPE ct2 AS (a bigint, b bigint)",
        "CREATE TABLE f (c ct)",
        "INSERT INTO f SELECT row(n, NULL)::ct FROM generate_series(1, 100) AS n",
        "INSERT INTO f VALUES (row(NULL, NULL)), (NULL)",
    )
    site.revise(
        'op.execute("ALTER TABLE f ALTER COLUMN c TYPE ct2 USING'
        ' CASE WHEN c IS DISTINCT FROM NULL THEN row((c).a, (c).b)::ct2 END")'
    )
    site.upgrade()
    found = site.rows("SELECT count(*), sum((c).a), count(*) - count(c) FROM f")
    assert found == [(102, 5050, 1)]


def test_a_column_called_like_a_variable(site: Site) -> None:
    site.sql("CREATE TABLE f (found text)", "INSERT INTO f SELECT generate_series(1, 100)")
    site.revise('op.execute("ALTER TABLE f ALTER COLUMN found TYPE int USING found::int")')
    with traffic(site, "INSERT INTO f VALUES (7)") as written:
        site.upgrade()
    assert written
    assert site.one("SELECT count(*) FROM f WHERE found IS NULL") == 0


@pytest.mark.parametrize(
    "change",
    ["jsonb USING doc::jsonb", "jsonb USING (doc || tail)::jsonb", "json USING doc::json"],
)
def test_a_long_value_is_not_stored_anew_for_another_column(site: Site, change: str) -> None:
    """Who writes that one would wait for as long, and the log of the server would grow as much."""
    site.needs(17)  # pg_column_toast_chunk_id() is new there
    site.sql(
        "CREATE TABLE docs (id int, seen int, doc text, tail text DEFAULT '')",
        "INSERT INTO docs SELECT n, 0, (SELECT to_json(string_agg(md5((n + g)::text), ''))::text"
        " FROM generate_series(1, 2000) AS g) FROM generate_series(1, 60) AS n",
        "CREATE TABLE kept (id int, before oid, after oid)",
    )
    site.revise(f'op.execute("ALTER TABLE docs ALTER COLUMN doc TYPE {change}")')
    value = "pg_column_toast_chunk_id(doc_ddl_new)"

    def write(statement: str) -> None:
        if statement.startswith("SELECT EXISTS (SELECT FROM ONLY public.docs"):
            site.sql(
                f"INSERT INTO kept SELECT id, {value} FROM docs",  # noqa: S608  # of this test
                "UPDATE docs SET seen = 1 WHERE id < 40",
                "UPDATE docs SET doc = '[1]', tail = ' ' WHERE id = 2",
                "UPDATE docs SET tail = ' ' WHERE id = 3",
                f"UPDATE kept SET after = {value} FROM docs WHERE docs.id = kept.id",  # noqa: S608
            )

    with before_each(write):
        site.upgrade()
    assert site.one("SELECT count(*) FROM kept WHERE before = after AND id < 40") >= 37
    assert site.one("SELECT doc::text FROM docs WHERE id = 2").strip() == "[1]"
    assert site.one("SELECT count(*) FROM docs WHERE doc IS NULL OR seen <> (id < 40)::int") == 0


@pytest.mark.parametrize("value", ["price + id", "7", "(id::text || price::text)::bigint"])
def test_a_value_of_other_columns_follows_them(site: Site, value: str) -> None:
    """Whichever of them somebody changes: the comparison of both columns would find it."""
    site.sql(*PRICES)
    wanted = site.rows("SELECT id FROM pay ORDER BY id LIMIT 1")[0][0]
    site.revise(f'op.execute("ALTER TABLE pay ALTER COLUMN price TYPE bigint USING {value}")')

    def write(statement: str) -> None:
        if statement.startswith("SELECT EXISTS (SELECT FROM ONLY public.pay"):
            site.sql(f"UPDATE pay SET id = 5000 WHERE id = {wanted}")  # noqa: S608  # of this test

    with before_each(write):
        site.upgrade()
    assert site.one("SELECT count(*) FROM pay WHERE id = 5000") == 1
