"""The matrix of types."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = [
    Case(
        "domain",
        "CHECK",
        'table(Column("a", DOMAIN("d", Integer, check=text("value > 0"), constraint_name="c")))',
        'table(Column("a", DOMAIN("d", Integer, check=text("value > 1"), constraint_name="c")))',
    ),
    Case(
        "domain",
        "default",
        'table(Column("a", DOMAIN("d", Integer)))',
        'table(Column("a", DOMAIN("d", Integer, default="5")))',
    ),
    Case(
        "domain",
        "NOT NULL",
        'table(Column("a", DOMAIN("d", Integer)))',
        'table(Column("a", DOMAIN("d", Integer, not_null=True)))',
    ),
    Case(
        "composite type",
        "attribute",
        'before("CREATE TYPE c AS (a int)")\ntable(Column("a", Integer))',
        'before("CREATE TYPE c AS (a int, b text)")\ntable(Column("a", Integer))',
    ),
    Case(
        "composite type",
        "used by a column",
        'table(Column("a", Integer))',
        'before("CREATE TYPE c AS (a int, b text)")\nafter("ALTER TABLE t ADD b c")\ntable(Column("a", Integer))',
    ),
    Case(
        "range type",
        "added",
        "",
        'before("CREATE TYPE r AS RANGE (subtype = float8)")',
    ),
    Case(
        "collation",
        "used by a column",
        'table(Column("a", Text))',
        'before("CREATE COLLATION cc (provider = builtin, locale = \'C\')")\ntable(Column("a", Text(collation="cc")))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
        since=17,
    ),
]
