"""The matrix of tables as a whole, views and sequences."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import ROWS, TABLE, after, before

CASES = [
    Case(
        "table",
        "moved to another schema with its rows",
        'table(Column("a", Integer, index=True), schema="one")\n'
        'Table("z", m, Column("id", Integer), schema="two")',
        'table(Column("a", Integer, index=True), schema="two", info={"renamed_from": "one.t"})\nTable("z", m, Column("id", Integer), schema="two")',
        rows="INSERT INTO one.t (a) VALUES (1)",
        keeps="SELECT id, a FROM one.t",
        keeps_after="SELECT id, a FROM two.t",
    ),
    Case(
        "table",
        "moved to a new schema and renamed, under a view and a foreign key",
        'table(Column("a", Integer, unique=True))\nTable("u", m, Column("r", Integer, ForeignKey("t.a")))\nv = PGView("public", "v", "select a from t")',
        'table(Column("a", Integer, unique=True), name="My T", schema="New", info={"renamed_from": "public.t"})\nTable("u", m, Column("r", Integer, ForeignKey("New.My T.a")))\nv = PGView("public", "v", \'select a from "New"."My T"\')',
        rows="INSERT INTO t (a) VALUES (1)",
        keeps="SELECT id, a FROM t",
        keeps_after='SELECT id, a FROM "New"."My T"',
    ),
    Case(
        "table",
        "names swapped",
        'Table("x", m, Column("id", Integer, primary_key=True), Column("a", Integer, unique=True))\nTable("y", m, Column("id", Integer, primary_key=True), Column("b", Text, index=True))',
        'Table("y", m, Column("id", Integer, primary_key=True), Column("a", Integer, unique=True))\nTable("x", m, Column("id", Integer, primary_key=True), Column("b", Text, index=True))',
        rows="INSERT INTO x (a) VALUES (1)",
    ),
    Case(
        "table",
        "names in a row",
        'Table("x", m, Column("id", Integer, primary_key=True))\nTable("y", m, Column("id", Integer, primary_key=True), Column("b", Text))',
        'Table("y", m, Column("id", Integer, primary_key=True), info={"renamed_from": "x"})\nTable("z", m, Column("id", Integer, primary_key=True), Column("b", Text), info={"renamed_from": "y"})',
        rows="INSERT INTO x VALUES (1); INSERT INTO y VALUES (7, 'b')",
        keeps="SELECT x.id, y.id, b FROM x, y",
        keeps_after="SELECT y.id, z.id, b FROM y, z",
    ),
    Case(
        "table",
        "tablespace",
        TABLE,
        'table(Column("a", Integer), Index("i", "a", postgresql_tablespace="pg_default"), postgresql_tablespace="pg_default")\n'
        + after("CREATE INDEX j ON t (a) WITH (deduplicate_items = off)"),
        rows=ROWS,
    ),
    Case("table", "becomes a view", TABLE, 'v = PGView("public", "t", "select 1 as a")'),
    Case(
        "table",
        "UNLOGGED with its sequence and a foreign key",
        TABLE + 'Table("u", m, Column("r", BigInteger, ForeignKey("t.id")))',
        'table(Column("a", Integer), prefixes=["UNLOGGED"])\nTable("u", m, Column("r", BigInteger, ForeignKey("t.id")), prefixes=["UNLOGGED"])',
        rows=ROWS,
    ),
    Case(
        "table",
        "typed, attribute added",
        before("CREATE TYPE c AS (a int, b text)") + after("CREATE TABLE k OF c"),
        before("CREATE TYPE c AS (a int, b text, d date)") + after("CREATE TABLE k OF c"),
        rows="INSERT INTO k VALUES (1, 'x')",
    ),
    Case(
        "table",
        "typed, no more",
        before("CREATE TYPE c AS (a int, b text)") + after("CREATE TABLE k OF c (PRIMARY KEY (a))"),
        before("CREATE TYPE c AS (a int, b text)")
        + 'Table("k", m, Column("a", Integer, primary_key=True, autoincrement=False), Column("b", Text))',
        rows="INSERT INTO k VALUES (1, 'x')",
    ),
    Case(
        "table",
        "row type used by a column of another",
        TABLE,
        TABLE + after("CREATE TABLE w (x t)"),
        rows=ROWS,
    ),
    Case(
        "table",
        "that uses its own row type in a function and an index",
        TABLE,
        TABLE
        + before()
        + after(
            "CREATE FUNCTION f(t) RETURNS int IMMUTABLE LANGUAGE sql AS 'select 1'",
            "CREATE INDEX i ON t (f(t.*))",
            "CREATE VIEW v AS SELECT f(t) FROM t",
        ),
        rows=ROWS,
    ),
    Case(
        "view",
        "security options",
        TABLE + after("CREATE VIEW v AS SELECT a FROM t"),
        TABLE
        + after(
            "CREATE VIEW v WITH (security_invoker, security_barrier=false, check_option=cascaded) AS SELECT a FROM t"
        ),
    ),
    Case(
        "view",
        "becomes materialized",
        TABLE + 'v = PGView("public", "v", "select a from t")',
        TABLE + 'v = PGMaterializedView("public", "v", "select a from t")',
        rows=ROWS,
    ),
    Case(
        "view",
        "dropped in a chain",
        TABLE
        + 'v = PGView("public", "v", "select a from t")\nw = PGView("public", "w", "select a from v")\nx = PGMaterializedView("public", "x", "select a from w")',
        TABLE + 'v = PGView("public", "v", "select a + 1 as b from t")',
    ),
    Case(
        "view",
        "and a function that need each other",
        TABLE,
        TABLE
        + after(
            "CREATE VIEW v AS SELECT a FROM t",
            "CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql BEGIN ATOMIC SELECT a FROM v; END",
            "CREATE VIEW w AS SELECT a FROM f()",
        ),
    ),
    Case(
        "view",
        "CreateView of a retyped column",
        't = table(Column("a", Integer))\nv = CreateView(select(t.c.a), "v", metadata=m)',
        't = table(Column("a", Text))\nv = CreateView(select(t.c.a, t.c.id), "v", metadata=m)',
        rows=ROWS,
    ),
    Case(
        "materialized view",
        "over another, with a unique index, retyped",
        TABLE
        + 'v = PGMaterializedView("public", "v", "select a from t")\nw = PGMaterializedView("public", "w", "select a from v")\n'
        + after(
            "CREATE UNIQUE INDEX wi ON w (a)",
            "GRANT SELECT ON w TO pg_monitor",
            "COMMENT ON COLUMN w.a IS 'x'",
            "ALTER MATERIALIZED VIEW w ALTER a SET STATISTICS 55",
        ),
        'table(Column("a", Text))\nv = PGMaterializedView("public", "v", "select a from t")\nw = PGMaterializedView("public", "w", "select a from v")\n'
        + after(
            "CREATE UNIQUE INDEX wi ON w (a)",
            "GRANT SELECT ON w TO pg_monitor",
            "COMMENT ON COLUMN w.a IS 'x'",
            "ALTER MATERIALIZED VIEW w ALTER a SET STATISTICS 55",
        ),
        rows=ROWS,
    ),
    Case(
        "sequence",
        "moved between schemas",
        'Sequence("s", metadata=m, schema="one")\ntable(schema="one")\ntable(schema="two")',
        'Sequence("s", metadata=m, schema="two")\ntable(schema="one")\ntable(schema="two")',
    ),
    Case(
        "sequence",
        "start, descending",
        'Sequence("s", metadata=m)',
        'Sequence("s", metadata=m, start=-1, increment=-2, minvalue=-100, maxvalue=-1, cache=7)',
    ),
    Case(
        "sequence",
        "dropped under a default",
        's = Sequence("s", metadata=m)\ntable(Column("a", Integer, server_default=s.next_value()))',
        TABLE,
        rows=ROWS,
    ),
    Case(
        "table",
        "new, with a function in its default, CHECK, index and generated column",
        "",
        'f = PGFunction("public", "f(a int)", "returns int language sql immutable as $$ select a $$")\ntable(Column("a", Integer, server_default=text("f(5)")), Column("b", Integer, Computed("f(a)", persisted=True)), CheckConstraint("f(a) > 0", name="c"), Index("i", text("f(a)")))\nv = PGView("public", "v", "select f(a) as x, b from t")',
    ),
]
