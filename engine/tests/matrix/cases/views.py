"""The matrix of views."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import ROWS, TABLE, after

VIEW = 'v = PGView("public", "v", "select id, {} from t")\n'
W = 'w = PGView("public", "w", "select {} from v")\n'
SNAPSHOT = VIEW.replace("PGView", "PGMaterializedView")

RENAMED = 'table(Column("b", Integer, info={"renamed_from": "a"}))\n'

CASES = [
    Case(
        "view",
        "added",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\nv = PGView("public", "v", "select a from t")',
    ),
    Case(
        "view",
        "over a retyped column",
        'table(Column("a", Integer))\nv = PGView("public", "v", "select a from t")',
        'table(Column("a", Text))\nv = PGView("public", "v", "select a from t")',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "view",
        "over a new column",
        'table(Column("a", Integer))\nv = PGView("public", "v", "select a from t")',
        'table(Column("a", Integer), Column("b", Text))\nv = PGView("public", "v", "select a, b from t")',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "view",
        "of a view, retyped",
        'table(Column("a", Integer))\nv = PGView("public", "v", "select a from t")\nw = PGView("public", "w", "select a from v")',
        'table(Column("a", Text))\nv = PGView("public", "v", "select a from t")\nw = PGView("public", "w", "select a from v")',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "view",
        "with its dropped table",
        'table(Column("a", Integer))\nv = PGView("public", "v", "select a from t")',
        "",
    ),
    Case(
        "view",
        "comment and grant kept",
        'table(Column("a", Integer))\nv = PGView("public", "v", "select a from t")\nafter("COMMENT ON VIEW v IS \'x\'")\nafter("GRANT SELECT ON v TO PUBLIC")',
        'table(Column("a", Text))\nv = PGView("public", "v", "select a from t")\nafter("COMMENT ON VIEW v IS \'x\'")\nafter("GRANT SELECT ON v TO PUBLIC")',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "view",
        "options",
        'table(Column("a", Integer))\nafter("CREATE VIEW v AS SELECT a FROM t")',
        'table(Column("a", Integer))\nafter("CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t")',
    ),
    Case(
        "view",
        "CreateView",
        't = table(Column("a", Integer))',
        't = table(Column("a", Integer))\nv = CreateView(select(t.c.a), "v", metadata=m)',
    ),
    Case(
        "materialized view",
        "index",
        'table(Column("a", Integer))\nv = PGMaterializedView("public", "v", "select a from t")',
        'table(Column("a", Integer))\nv = PGMaterializedView("public", "v", "select a from t")\nafter("CREATE UNIQUE INDEX vi ON v (a)")',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "materialized view",
        "definition",
        'table(Column("a", Integer))\nv = PGMaterializedView("public", "v", "select a from t")\nafter("CREATE UNIQUE INDEX vi ON v (a)")',
        'table(Column("a", Integer))\nv = PGMaterializedView("public", "v", "select a + 1 AS a from t")\nafter("CREATE UNIQUE INDEX vi ON v (a)")',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "rule",
        "added",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\nafter("CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING")',
    ),
    Case(
        "view",
        "column renamed with its table's, under a view",
        TABLE
        + VIEW.format("a")
        + W.format("a")
        + after("GRANT SELECT (a) ON v TO PUBLIC", "COMMENT ON COLUMN v.a IS 'a'"),
        RENAMED
        + VIEW.format("b")
        + W.format("b")
        + after("GRANT SELECT (b) ON v TO PUBLIC", "COMMENT ON COLUMN v.b IS 'b'"),
        rows=ROWS,
        says=(
            "ALTER VIEW public.v RENAME COLUMN a TO b",
            "ALTER VIEW public.v RENAME COLUMN b TO a",
        ),
        avoids=("DROP VIEW",),
    ),
    Case(
        "view",
        "columns renamed, and another one",
        TABLE + after('CREATE VIEW v AS SELECT a AS "Old name", a + 1 AS c, 1 AS stays FROM t'),
        TABLE
        + after('CREATE VIEW v AS SELECT a AS "select", a + 1 AS d, 1 AS stays, 2 AS more FROM t'),
        rows=ROWS,
        says=("RENAME COLUMN c TO d",),
    ),
    Case(
        "view",
        "columns swapped",
        TABLE + VIEW.format("a, 1 AS b"),
        TABLE + VIEW.format("1 AS b, a"),
        rows=ROWS,
        says=("DROP VIEW",),
    ),
    Case(
        "view",
        "another column at the same place, of another type",
        TABLE + VIEW.format("a"),
        TABLE + VIEW.format("'x'::text AS c"),
        rows=ROWS,
        says=("DROP VIEW",),
    ),
    Case(
        "materialized view",
        "column renamed with its table's",
        TABLE + SNAPSHOT.format("a") + after("CREATE UNIQUE INDEX i ON v (a)"),
        RENAMED + SNAPSHOT.format("b") + after("CREATE UNIQUE INDEX i ON v (b)"),
        rows=ROWS,
        avoids=("MATERIALIZED VIEW public.v AS",),
    ),
    Case(
        "materialized view",
        "storage parameters",
        TABLE
        + after("CREATE MATERIALIZED VIEW v WITH (autovacuum_enabled = off) AS SELECT a FROM t"),
        TABLE
        + after(
            "CREATE MATERIALIZED VIEW v WITH (fillfactor = 70, toast.autovacuum_enabled = off) "
            "AS SELECT a FROM t"
        ),
        rows=ROWS,
        says=("RESET (autovacuum_enabled)",),
        avoids=("DROP",),
    ),
]
