"""The matrix of privileges on several columns of a table."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import after

COLUMNS = 'table(Column("a", Integer), Column("b", {}), Column("C d", Integer))\n'
VIEW = 'v = PGView("public", "v", "select id, a, b from t")\n'

CASES = [
    Case(
        "grant",
        "of several columns to two roles",
        COLUMNS.format("Text"),
        COLUMNS.format("Text")
        + after(
            'GRANT SELECT (a, b, "C d"), UPDATE ("C d") ON t TO pg_monitor WITH GRANT OPTION',
            "GRANT SELECT (b, id), INSERT (a) ON t TO PUBLIC",
        ),
    ),
    Case(
        "grant",
        "of columns of a view that is dropped for a type",
        COLUMNS.format("Integer")
        + VIEW
        + after("GRANT SELECT (id, a, b), UPDATE (a) ON v TO pg_monitor"),
        COLUMNS.format("BigInteger")
        + VIEW
        + after("GRANT SELECT (id, a, b), UPDATE (a) ON v TO pg_monitor"),
    ),
]
