"""The matrix of domains and composite types that stand inside arrays and other types."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import TABLE, after, before


def inside(name: str, column: str, *between: str) -> list[Case]:
    """Return the changes of a domain that a column holds inside of another type."""
    rows = "INSERT INTO t (id, b) VALUES (1, {}), (2, NULL)"
    value = {"d[]": "ARRAY[5]", "c": "ROW(5)", "c[]": "ARRAY[ROW(5)::c]", "e": "5"}
    held = after(f"ALTER TABLE t ADD b {column}")

    def models(domain: str) -> str:
        return before(f"CREATE DOMAIN d AS {domain}", *between) + TABLE + held

    plain = models("int")
    return [
        Case(
            "domain",
            f"{name}: {what}",
            plain,
            models(domain),
            rows=rows.format(value[column]),
            keeps="SELECT b::text FROM t ORDER BY id",
        )
        for what, domain in (
            ("CHECK added", "int CONSTRAINT k CHECK (VALUE > 0)"),
            ("default added", "int DEFAULT 7"),
            ("base type", "bigint"),
        )
    ]


CASES = [
    *inside("in an array", "d[]"),
    *inside("in a composite type", "c", "CREATE TYPE c AS (x d)"),
    *inside("in an array of a composite type", "c[]", "CREATE TYPE c AS (x d)"),
    *inside("under another domain", "e", "CREATE DOMAIN e AS d"),
]
