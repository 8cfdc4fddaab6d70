"""The columns of a view, as the text tells them that makes it, and as PostgreSQL then shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect
from alembic_pg.revisions import schema_model
from alembic_pg.revisions.view_columns import output_columns
from alembic_pg.sql.cursor import Cursor
from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

# What stands behind the name of a view; none of these has another name for a column.
TOLD = [
    "AS SELECT a, t.b, public.t.at FROM t",
    '(x, "Y z") AS SELECT a, b FROM t',
    'WITH (security_barrier) AS SELECT DISTINCT ON (a, b) a AS "from", (a + 1) * 2 AS c FROM t',
    "AS SELECT (a + 1) AS c, a IS DISTINCT FROM 3 AS d, (SELECT b FROM t LIMIT 1) AS e FROM t",
    "AS WITH w AS (SELECT 1 AS one) SELECT one, coalesce(one, 2) AS two FROM w ORDER BY 1",
    "AS SELECT at::timestamp with time zone AS z, extract(year FROM at) AS y FROM t WHERE a > 1",
    "AS SELECT mode() WITHIN GROUP (ORDER BY a) AS m, count(*) FILTER (WHERE a > 1) AS n FROM t",
    "AS SELECT a AS p, 'x, FROM y' AS q FROM t UNION ALL SELECT a, b FROM t",
    "AS SELECT b AS q FROM t WITH LOCAL CHECK OPTION",
    "AS SELECT at::timestamp(3) with time zone AS z, ARRAY[a, 2] AS l FROM t GROUP BY 1, 2",
]

UNTOLD = [
    "AS SELECT * FROM t",
    "AS SELECT t.*, 1 AS one FROM t",
    "AS SELECT a, count(*) FROM t GROUP BY a",
    "AS TABLE t",
    "AS VALUES (1, 2)",
    "AS SELECT a b FROM t",
    "AS (SELECT a FROM t)",
]


@pytest.mark.parametrize("told", TOLD)
def test_they_are_those_that_postgresql_makes(empty: URL, told: str) -> None:
    columns = output_columns(Cursor(told))
    assert columns is not None
    with connect(empty, source="the test") as connection:
        connection.execute(text("CREATE TABLE t (a int, b text, at timestamptz)"))
        connection.exec_driver_sql(f"CREATE VIEW v {told}")
        found = schema_model.read_schema(connection).views.now["public", "v"]
    assert found == columns


@pytest.mark.parametrize("untold", UNTOLD)
def test_of_what_else_they_are_not_known(untold: str) -> None:
    assert output_columns(Cursor(untold)) is None
