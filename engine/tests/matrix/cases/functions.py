"""The matrix of functions."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = [
    Case(
        "function",
        "body",
        'f = PGFunction("public", "f(a int)", "returns int language sql as $$ select 1 $$")',
        'f = PGFunction("public", "f(a int)", "returns int language sql as $$ select 2 $$")',
    ),
    Case(
        "function",
        "result",
        'f = PGFunction("public", "f()", "returns int language sql as $$ select 1 $$")',
        'f = PGFunction("public", "f()", "returns bigint language sql as $$ select 1 $$")',
    ),
    Case(
        "function",
        "volatility",
        'f = PGFunction("public", "f()", "returns int language sql as $$ select 1 $$")',
        'f = PGFunction("public", "f()", "returns int language sql immutable as $$ select 1 $$")',
    ),
    Case(
        "function",
        "body of odd text",
        'f = PGFunction("public", "f()", "returns int language sql as $$ select 1 $$")',
        'f = PGFunction("public", "f()", "returns text language sql as $$ select \'\'\'50% :x \\\\ \\"\\"\\" \' $$")',
    ),
    Case(
        "function",
        "used by a default",
        "",
        'f = PGFunction("public", "f()", "returns int language sql as $$ select 1 $$")\ntable(Column("a", Integer, server_default=text("f()")))',
    ),
    Case(
        "function",
        "used by a CHECK",
        'table(Column("a", Integer))',
        'f = PGFunction("public", "f(a int)", "returns bool language sql immutable as $$ select a > 0 $$")\ntable(Column("a", Integer), CheckConstraint("f(a)", name="c"))',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "function",
        "used by an index",
        'table(Column("a", Integer))',
        'f = PGFunction("public", "f(a int)", "returns int language sql immutable as $$ select a $$")\ntable(Column("a", Integer), Index("i", text("f(a)")))',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "function",
        "used by a generated column",
        'table(Column("a", Integer))',
        'f = PGFunction("public", "f(a int)", "returns int language sql immutable as $$ select a $$")\ntable(Column("a", Integer), Column("b", Integer, Computed("f(a)", persisted=True)))',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "function",
        "over a table's row type",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\nf = PGFunction("public", "f(x t)", "returns int language sql as $$ select x.a $$")',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "procedure",
        "added",
        "",
        'after("CREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END")',
    ),
    Case(
        "aggregate",
        "added",
        "",
        'after("CREATE AGGREGATE mysum(int) (sfunc = int4pl, stype = int)")',
    ),
    Case(
        "cast",
        "added",
        "",
        'before("CREATE TYPE c AS (a int)")\nf = PGFunction("public", "tc(c)", "returns text language sql as $$ select \'x\' $$")\nafter("CREATE CAST (c AS text) WITH FUNCTION tc(c)")',
    ),
    Case(
        "trigger",
        "added",
        'f = PGFunction("public", "f()", "returns trigger language plpgsql as $$ begin return new; end $$")\ntable(Column("a", Integer))',
        'f = PGFunction("public", "f()", "returns trigger language plpgsql as $$ begin return new; end $$")\ntable(Column("a", Integer))\ng = PGTrigger("public", "tr", "before update on public.t for each row execute function public.f()", on_entity="public.t")',
    ),
    Case(
        "trigger",
        "definition",
        'f = PGFunction("public", "f()", "returns trigger language plpgsql as $$ begin return new; end $$")\ntable(Column("a", Integer))\ng = PGTrigger("public", "tr", "before update on public.t for each row execute function public.f()", on_entity="public.t")',
        'f = PGFunction("public", "f()", "returns trigger language plpgsql as $$ begin return new; end $$")\ntable(Column("a", Integer))\ng = PGTrigger("public", "tr", "before insert or update on public.t for each row execute function public.f()", on_entity="public.t")',
    ),
    Case(
        "trigger",
        "disabled",
        'f = PGFunction("public", "f()", "returns trigger language plpgsql as $$ begin return new; end $$")\ntable(Column("a", Integer))\ng = PGTrigger("public", "tr", "before update on public.t for each row execute function public.f()", on_entity="public.t")',
        'f = PGFunction("public", "f()", "returns trigger language plpgsql as $$ begin return new; end $$")\ntable(Column("a", Integer))\ng = PGTrigger("public", "tr", "before update on public.t for each row execute function public.f()", on_entity="public.t")\nafter("ALTER TABLE t DISABLE TRIGGER tr")',
    ),
    Case(
        "event trigger",
        "added",
        "",
        'f = PGFunction("public", "f()", "returns event_trigger language plpgsql as $$ begin end $$")\nafter("CREATE EVENT TRIGGER et ON ddl_command_start EXECUTE FUNCTION f()")',
    ),
    Case(
        "operator class",
        "added",
        "",
        'after("CREATE OPERATOR CLASS oc FOR TYPE int4 USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int4, int4)")',
    ),
]
