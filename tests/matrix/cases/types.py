"""The matrix of types."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = [
    Case(
        "enum",
        "added",
        'table(Column("a", Integer))',
        'table(Column("a", Integer), Column("b", Enum("x", "y", name="mood")))',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "enum",
        "value at the end",
        'table(Column("a", Enum("x", "y", name="mood")))',
        'table(Column("a", Enum("x", "y", "z", name="mood")))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "value in the middle",
        'table(Column("a", Enum("x", "y", name="mood")))',
        'table(Column("a", Enum("x", "w", "y", name="mood")))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "value at the beginning",
        'table(Column("a", Enum("x", "y", name="mood")))',
        'table(Column("a", Enum("w", "x", "y", name="mood")))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "value removed beside a default and an index",
        'table(Column("a", Enum("x", "w", "y", name="mood"), server_default="x"), Index("i", "a", postgresql_where=text("a = \'x\'")))',
        'table(Column("a", Enum("x", "y", name="mood"), server_default="x"), Index("i", "a", postgresql_where=text("a = \'x\'")))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "order",
        'table(Column("a", Enum("x", "y", name="mood")))',
        'table(Column("a", Enum("y", "x", name="mood")))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "in an array",
        'table(Column("a", ARRAY(Enum("x", "w", name="mood"))))',
        'table(Column("a", ARRAY(Enum("x", name="mood"))))',
        rows="INSERT INTO t VALUES (1, '{x}')",
    ),
    Case(
        "enum",
        "under a view",
        'table(Column("a", Enum("x", "w", name="mood")))\nv = PGView("public", "v", "select a from t where a = \'x\'")',
        'table(Column("a", Enum("x", name="mood")))\nv = PGView("public", "v", "select a from t where a = \'x\'")',
    ),
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
    ),
]
