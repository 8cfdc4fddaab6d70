"""The matrix of views."""

from __future__ import annotations

from tests.matrix.case import Case

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
]
