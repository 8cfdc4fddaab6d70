"""The matrix of domains, composite types and ranges under columns."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import ROWS, TABLE, after, before

TWO_SCHEMAS = (
    before(
        "CREATE SCHEMA IF NOT EXISTS one",
        "CREATE TYPE one.c AS ENUM ('x')",
        "CREATE TYPE c AS ENUM ('x', 'y')",
    )
    + 'table(schema="one")\n'
    + TABLE
)

CASES = [
    Case(
        "domain",
        "over a domain",
        before("CREATE DOMAIN d AS int CHECK (value > 0)") + TABLE,
        before(
            "CREATE DOMAIN d AS int CHECK (value > 0)", "CREATE DOMAIN e AS d DEFAULT 5 NOT NULL"
        )
        + TABLE
        + after("ALTER TABLE t ADD b e"),
        rows=ROWS,
    ),
    Case(
        "domain",
        "type under a default, a CHECK, an index and a view",
        before("CREATE DOMAIN d AS int")
        + TABLE
        + after(
            "ALTER TABLE t ADD b d DEFAULT 7 CONSTRAINT c CHECK (b > 0)",
            "CREATE INDEX i ON t (b)",
            "CREATE VIEW v AS SELECT b FROM t",
        ),
        before("CREATE DOMAIN d AS bigint")
        + TABLE
        + after(
            "ALTER TABLE t ADD b d DEFAULT 7 CONSTRAINT c CHECK (b > 0)",
            "CREATE INDEX i ON t (b)",
            "CREATE VIEW v AS SELECT b FROM t",
        ),
        rows="INSERT INTO t (id, b) VALUES (1, 5)",
        keeps="SELECT b::text FROM t",
    ),
    Case(
        "domain",
        "function in its CHECK changes its result",
        before(
            "CREATE FUNCTION f(x int) RETURNS int IMMUTABLE LANGUAGE sql AS 'select x'",
            "CREATE DOMAIN d AS int CONSTRAINT c CHECK (f(value) > 0)",
        )
        + TABLE
        + after("ALTER TABLE t ADD b d"),
        before(
            "CREATE FUNCTION f(x int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'select x::bigint'",
            "CREATE DOMAIN d AS int CONSTRAINT c CHECK (f(value) > 0)",
        )
        + TABLE
        + after("ALTER TABLE t ADD b d"),
        rows="INSERT INTO t (id, b) VALUES (1, 5)",
        keeps="SELECT b::text FROM t",
    ),
    Case(
        "composite type",
        "attribute dropped",
        before("CREATE TYPE c AS (a int, b text)"),
        before("CREATE TYPE c AS (a int)"),
    ),
    Case(
        "composite type",
        "attribute retyped under a column",
        before("CREATE TYPE c AS (a int, b text)") + TABLE + after("ALTER TABLE t ADD x c"),
        before("CREATE TYPE c AS (a bigint, b text)") + TABLE + after("ALTER TABLE t ADD x c"),
        rows="INSERT INTO t (id, x) VALUES (1, '(1,y)')",
        keeps="SELECT x::text FROM t",
    ),
    Case(
        "composite type",
        "of a composite, and a function of it",
        before(
            "CREATE TYPE c AS (a int)",
            "CREATE TYPE e AS (c c, d c[])",
            "CREATE FUNCTION f(e) RETURNS int LANGUAGE sql AS 'select 1'",
        ),
        before(
            "CREATE TYPE c AS (a int, z text)",
            "CREATE TYPE e AS (c c, d c[])",
            "CREATE FUNCTION f(e) RETURNS int LANGUAGE sql AS 'select 1'",
        ),
    ),
    Case(
        "composite type",
        "attribute collation and order",
        before("CREATE TYPE c AS (a text, b int)"),
        before('CREATE TYPE c AS (b int, a text COLLATE "C")'),
    ),
    Case(
        "range type",
        "changed under a column",
        before("CREATE TYPE r AS RANGE (subtype = float8)")
        + TABLE
        + after("ALTER TABLE t ADD b r DEFAULT '[1,2)', ADD c r_multirange"),
        before("CREATE TYPE r AS RANGE (subtype = float8, subtype_diff = float8mi)")
        + TABLE
        + after("ALTER TABLE t ADD b r DEFAULT '[1,2)', ADD c r_multirange"),
        rows="INSERT INTO t (id, b, c) VALUES (1, '[1,5]', '{[1,5]}')",
        keeps="SELECT b::text, c::text FROM t",
    ),
    Case(
        "type",
        "composite becomes domain under a column",
        before("CREATE TYPE c AS (a int)") + TABLE + after("ALTER TABLE t ADD b c"),
        before("CREATE DOMAIN c AS text") + TABLE + after("ALTER TABLE t ADD b c"),
        rows="INSERT INTO t (id, b) VALUES (1, '(5)')",
        oneway=True,
    ),
    Case(
        "type",
        "of a column's name in two schemas",
        TWO_SCHEMAS + after("ALTER TABLE t ADD b c DEFAULT 'x'"),
        TWO_SCHEMAS + after("ALTER TABLE t ADD b one.c DEFAULT 'x'"),
        rows="INSERT INTO t (id, b) VALUES (1, 'x')",
    ),
]
