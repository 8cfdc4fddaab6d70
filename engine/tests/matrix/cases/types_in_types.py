"""The matrix of domains and composite types that stand inside arrays and other types."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import TABLE, after, before

_DOMAINS = (
    ("CHECK added", "int CONSTRAINT k CHECK (VALUE > 0)"),
    ("default added", "int DEFAULT 7"),
    ("base type", "bigint"),
)

_READ = after("ALTER TABLE t ADD b d[], ADD c d, ADD g int GENERATED ALWAYS AS (c::int + 1) STORED")


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
        for what, domain in _DOMAINS
    ]


CASES = [
    *inside("in an array", "d[]"),
    *inside("in a composite type", "c", "CREATE TYPE c AS (x d)"),
    *inside("in an array of a composite type", "c[]", "CREATE TYPE c AS (x d)"),
    *inside("under another domain", "e", "CREATE DOMAIN e AS d"),
    *(
        Case(
            "domain",
            f"in an array and read by a generated column: {what}",
            before("CREATE DOMAIN d AS int") + TABLE + _READ,
            before(f"CREATE DOMAIN d AS {domain}") + TABLE + _READ,
            rows="INSERT INTO t (id, b, c) VALUES (1, ARRAY[5], 5), (2, NULL, NULL)",
            keeps="SELECT b::text, c::text, g FROM t ORDER BY id",
        )
        for what, domain in _DOMAINS
    ),
]
