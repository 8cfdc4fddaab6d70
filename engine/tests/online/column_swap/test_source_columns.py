"""Of which columns the value of a new one comes is known, or it is said that it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.catalog import FIND_RELATION, Relation
from alembic_pg.database.connect import make_engine
from alembic_pg.database.session import Session
from alembic_pg.online.column_swap.source_columns import source_columns
from tests.online.beside import traffic

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    'CREATE TABLE big (id int PRIMARY KEY, a int, b int, "B b" int, new int, old int, "if" int)',
    "INSERT INTO big SELECT n, n, n FROM generate_series(1, 3000) AS n",
    (
        "CREATE FUNCTION b_of(anyelement) RETURNS bigint IMMUTABLE LANGUAGE sql "
        "AS $$SELECT (to_jsonb($1) ->> 'b')::bigint$$"
    ),
)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a::bigint", {"a"}),
        ("a + b", {"a", "b"}),
        ("big.a + a", {"a"}),
        ('"B b" + new + old + "if"', {'"B b"', "new", "old", "if"}),
        ("b_of(big.*)", set()),
        ("a + b_of(big.*)", set()),
        ("a + tableoid::bigint", set()),
        ("7", set()),
        ("no_such_column", set()),
    ],
)
def test_source_columns(site: Site, value: str, found: set[str]) -> None:
    site.sql(*TABLE)
    session = Session()
    with make_engine(site.url).connect() as session.connection:
        row = session.fetch_rows(FIND_RELATION, name="big")[0]
        assert {*source_columns(session, value, Relation(**row._mapping))} == found  # noqa: SLF001


def test_a_value_of_the_whole_row_and_of_a_column(site: Site) -> None:
    """Who writes a column that only the whole row has, writes the new value too."""
    site.sql(*TABLE)
    site.revise(
        'op.execute("ALTER TABLE big ALTER COLUMN a TYPE bigint USING a * 0 + b_of(big.*)")'
    )
    with traffic(site, "UPDATE big SET b = b + 1 WHERE pg_typeof(a) = 'integer'::regtype"):
        site.upgrade()
    assert not site.rows("SELECT FROM big WHERE a <> b")
