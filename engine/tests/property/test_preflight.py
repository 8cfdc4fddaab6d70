"""Random rows and statements: what preflight counts is what PostgreSQL refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.preflight.test_counts import look
from tests.property.many import examples

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from tests.online.site import Site

TABLES = (
    "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')",
    "CREATE TABLE o (id int PRIMARY KEY)",
    """CREATE TABLE t (id int PRIMARY KEY, a int, b text, m mood,
    g int GENERATED ALWAYS AS (a + 1) STORED)""",
)

# A row of t: a, b and m; NULL is more frequent than its share.
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-3, 3),
        st.none() | st.sampled_from(["", "x", "xy ", "12", "longer text", "1e3"]),
        st.none() | st.sampled_from(["sad", "ok", "happy"]),
    ),
    min_size=1,
    max_size=7,
)

CONDITIONS = ("a > 0", "b IS NULL", "m = 'ok'", "id % 2 = 0", "b ~ 'x'", "a IS NOT DISTINCT FROM 1")
WRITES = (
    "UPDATE t SET a = 2 WHERE {}",
    "UPDATE t SET a = a * 2, b = coalesce(b, 'none') WHERE {}",
    "UPDATE t SET a = NULL, m = 'happy' WHERE {}",
    "UPDATE t AS u SET a = o.id FROM o WHERE o.id = u.id AND u.a IS NULL",
    "UPDATE t SET b = m::text WHERE {}",
    "DELETE FROM t WHERE {}",
    "DELETE FROM t USING o WHERE o.id = t.a AND {}",
)
CHANGES = (
    "ALTER TABLE t RENAME COLUMN b TO bb",
    "ALTER TABLE t ADD COLUMN z int DEFAULT 1",
    "ALTER TABLE t ADD COLUMN z int",
    "ALTER TABLE t ALTER m TYPE text",
    "ALTER TABLE t ALTER id TYPE bigint",
)
# What each row is refused by or not, whatever the others are.
BY_ROW = (
    "ALTER TABLE t ALTER a SET NOT NULL",
    "ALTER TABLE t ALTER g SET NOT NULL",
    "ALTER TABLE t ALTER m SET NOT NULL",
    "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0 OR id < 3)",
    "ALTER TABLE t ADD CONSTRAINT k CHECK (g <> 2)",
    "ALTER TABLE t ADD CONSTRAINT k CHECK (6 / a > 0)",
    "ALTER TABLE t ADD CONSTRAINT k CHECK (m::text <> 'ok')",
    "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES o",
    "ALTER TABLE t ADD FOREIGN KEY (a, g) REFERENCES oo MATCH FULL",
    "ALTER TABLE t ADD COLUMN y int NOT NULL",
    "ALTER TABLE t ADD COLUMN y int NOT NULL DEFAULT 0 CHECK (y + a > 0)",
    "ALTER TABLE t ADD COLUMN y int GENERATED ALWAYS AS (4 / a) STORED",
    "UPDATE t SET a = 12 / a WHERE a < 2",
)
TYPES = (
    "ALTER TABLE t ALTER b TYPE varchar(2)",
    "ALTER TABLE t ALTER b TYPE int USING b::int",
    "ALTER TABLE t ALTER b TYPE char(3)",
    "ALTER TABLE t ALTER b TYPE varchar(2) USING b || 'x'",
    "ALTER TABLE t ALTER b TYPE numeric(3, 1) USING b::numeric",
    "ALTER TABLE t ALTER b TYPE mood USING b::mood",
)
UNIQUE = (
    "CREATE UNIQUE INDEX u ON t (a)",
    "CREATE UNIQUE INDEX u ON t (a, (m::text)) WHERE id > 1",
    "ALTER TABLE t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a, m)",
)


def refusal(connection: Connection, statements: list[str]) -> bool:
    """Return whether PostgreSQL refuses the last of some statements; the others it takes."""
    point = connection.begin_nested()
    try:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))
    except DBAPIError:
        return True
    finally:
        point.rollback()
    return False


def refused_rows(connection: Connection, before: list[str], last: str) -> int:
    """Return how many rows are refused where each stands alone."""
    count = 0
    for number in connection.scalars(text("SELECT id FROM t")).all():
        alone = f"DELETE FROM t WHERE id <> {number}"  # noqa: S608  # a number
        count += refusal(connection, [alone, *before, last])
    return count


@examples(few=12)
@given(st.data())
def test_counts_are_what_the_run_refuses(site_of: Site, data: st.DataObject) -> None:
    rows = data.draw(ROWS)
    before = data.draw(st.lists(st.sampled_from([*WRITES, *CHANGES]), max_size=2))
    before = [one.format(data.draw(st.sampled_from(CONDITIONS))) for one in before]
    last = data.draw(st.sampled_from([*BY_ROW, *TYPES, *UNIQUE]))
    site_of.sql("TRUNCATE t")
    engine = make_engine(site_of.url)
    with engine.begin() as connection:
        for number, (a, b, m) in enumerate(rows):
            connection.execute(
                text("INSERT INTO t VALUES (:id, :a, :b, CAST(:m AS mood))"),
                {"id": number, "a": a, "b": b, "m": m},
            )
    with engine.connect() as connection, connection.begin():
        if refusal(connection, ["TRUNCATE t", *before, last]) or refusal(connection, before):
            return  # whatever the rows are, or before the last one
        whole = refusal(connection, [*before, last])
        alone = refused_rows(connection, before, last)
    site_of.again(*(f"op.execute({statement!r})" for statement in (*before, last)))
    found = [one for one in look(site_of) if one.number == len(before)]
    assert not [one.why for one in found if one.why], (before, last, found)
    counted = sum(one.count or 0 for one in found)
    assert (counted > 0) == whole, (rows, before, last, found)
    if last not in UNIQUE:
        assert max((one.count or 0 for one in found), default=0) == alone, (before, last, found)


@pytest.fixture
def site_of(site: Site) -> Site:
    """A database with the tables, whose last revision each example writes anew."""
    tables = (*TABLES, "CREATE TABLE oo (a int, g int, PRIMARY KEY (a, g))")
    site.again(*(f"op.execute({statement!r})" for statement in tables))
    site.sql(*tables, "INSERT INTO o VALUES (1), (2)", "INSERT INTO oo VALUES (1, 2), (3, 4)")
    site.revise("pass")
    return site
