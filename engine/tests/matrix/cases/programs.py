"""The matrix of languages, functions, procedures, aggregates and operators."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import BASE_TYPE, LANGUAGE, ROWS, TABLE, after, before

CASES = [
    Case("base type", "added", TABLE, TABLE + BASE_TYPE.format("")),
    Case(
        "base type",
        "used by a column",
        TABLE,
        TABLE + BASE_TYPE.format("") + after("ALTER TABLE t ADD b base"),
        rows=ROWS,
    ),
    Case(
        "base type",
        "options",
        TABLE + BASE_TYPE.format(""),
        TABLE + BASE_TYPE.format(", CATEGORY = 'N'"),
    ),
    Case(
        "base type",
        "options under a column",
        TABLE + BASE_TYPE.format("") + after("ALTER TABLE t ADD b base"),
        TABLE + BASE_TYPE.format(", CATEGORY = 'N'") + after("ALTER TABLE t ADD b base"),
        rows="INSERT INTO t (id, a, b) VALUES (1, 1, '5')",
        keeps="SELECT b::text FROM t",
    ),
    Case("language", "added", "", LANGUAGE),
    Case(
        "language",
        "with a function",
        "",
        LANGUAGE + before("CREATE FUNCTION f() RETURNS int LANGUAGE pl AS 'begin return 1; end'"),
    ),
    Case(
        "language",
        "trusted",
        LANGUAGE,
        LANGUAGE.replace("CREATE LANGUAGE", "CREATE TRUSTED LANGUAGE"),
    ),
    Case(
        "language",
        "trusted, under a function",
        LANGUAGE + before("CREATE FUNCTION f() RETURNS int LANGUAGE pl AS 'begin return 1; end'"),
        LANGUAGE.replace("CREATE LANGUAGE", "CREATE TRUSTED LANGUAGE")
        + before("CREATE FUNCTION f() RETURNS int LANGUAGE pl AS 'begin return 1; end'"),
    ),
    Case(
        "language",
        "comment and grant",
        LANGUAGE.replace("CREATE LANGUAGE", "CREATE TRUSTED LANGUAGE"),
        LANGUAGE.replace("CREATE LANGUAGE", "CREATE TRUSTED LANGUAGE")
        + before("COMMENT ON LANGUAGE pl IS 'x'", "GRANT USAGE ON LANGUAGE pl TO pg_monitor"),
    ),
    Case(
        "transform",
        "added",
        "",
        before(
            "CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal))"
        ),
    ),
    Case(
        "transform",
        "changed",
        before(
            "CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal))"
        ),
        before(
            "CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))"
        ),
    ),
    Case(
        "procedure",
        "body",
        before("CREATE PROCEDURE p(x int) LANGUAGE sql AS 'select 1'"),
        before("CREATE PROCEDURE p(x int) LANGUAGE sql AS 'select 2'"),
    ),
    Case(
        "procedure",
        "arguments",
        before("CREATE PROCEDURE p(x int) LANGUAGE sql AS 'select 1'"),
        before("CREATE PROCEDURE p(x int, OUT y int) LANGUAGE sql AS 'select 1'"),
    ),
    Case(
        "procedure",
        "becomes a function",
        before("CREATE PROCEDURE p(x int) LANGUAGE sql AS 'select 1'"),
        before("CREATE FUNCTION p(x int) RETURNS int LANGUAGE sql AS 'select 1'"),
    ),
    Case(
        "function",
        "window and support",
        "",
        before(
            "CREATE FUNCTION f() RETURNS int LANGUAGE internal WINDOW AS 'window_row_number'",
            "CREATE FUNCTION g(x int, VARIADIC y text[] DEFAULT '{}') RETURNS SETOF int LANGUAGE sql ROWS 5 LEAKPROOF STRICT AS 'select 1'",
        ),
    ),
    Case(
        "function",
        "overloaded",
        before("CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'select 1'"),
        before(
            "CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'select 2'",
            "CREATE FUNCTION f(x text) RETURNS int LANGUAGE sql AS 'select 1'",
        ),
    ),
    Case(
        "function",
        "comment and grant kept",
        'f = PGFunction("public", "f()", "returns int language sql as $$ select 1 $$")\n'
        + after("COMMENT ON FUNCTION f() IS 'x'", "REVOKE ALL ON FUNCTION f() FROM PUBLIC"),
        'f = PGFunction("public", "f()", "returns text language sql as $$ select \'1\'::text $$")\n'
        + after("COMMENT ON FUNCTION f() IS 'x'", "REVOKE ALL ON FUNCTION f() FROM PUBLIC"),
    ),
    Case(
        "function",
        "SQL body calling another",
        before(
            "CREATE FUNCTION g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT g(); END",
        ),
        before(
            "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
            "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT g(); END",
        ),
    ),
    Case(
        "function",
        "body and a new default of an argument under a view",
        before("CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'select 1'")
        + after("CREATE VIEW v AS SELECT f(1) AS x"),
        before("CREATE FUNCTION f(x int DEFAULT 3) RETURNS int LANGUAGE sql AS 'select 2'")
        + after("CREATE VIEW v AS SELECT f(1) AS x"),
    ),
    Case(
        "aggregate",
        "ordered set and moving",
        "",
        before(
            "CREATE AGGREGATE ag(ORDER BY anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = mode_final, finalfunc_extra)",
            "CREATE AGGREGATE ms(int) (sfunc = int4pl, stype = int, msfunc = int4pl, minvfunc = int4mi, mstype = int, combinefunc = int4pl, parallel = safe)",
        ),
    ),
    Case(
        "operator",
        "negator pair",
        "",
        before(
            "CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq, negator = !==, restrict = eqsel, join = eqjoinsel, hashes, merges)",
            "CREATE OPERATOR !== (leftarg = int, rightarg = int, function = int4ne, negator = ===)",
        ),
    ),
    Case(
        "operator class",
        "changed",
        before(
            "CREATE OPERATOR CLASS oc FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)"
        ),
        before(
            "CREATE OPERATOR CLASS oc FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int), FUNCTION 2 btint4sortsupport(internal)"
        ),
    ),
    Case(
        "operator family",
        "loose members",
        before("CREATE OPERATOR FAMILY ofa USING btree"),
        before(
            "CREATE OPERATOR FAMILY ofa USING btree",
            "ALTER OPERATOR FAMILY ofa USING btree ADD OPERATOR 1 < (int4, int8), FUNCTION 1 btint48cmp(int4, int8)",
        ),
    ),
    Case(
        "conversion",
        "changed",
        before("CREATE CONVERSION cv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1"),
        before("CREATE DEFAULT CONVERSION cv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1"),
    ),
    Case(
        "access method",
        "of tables",
        TABLE,
        TABLE
        + before("CREATE ACCESS METHOD am TYPE TABLE HANDLER heap_tableam_handler")
        + 'Table("u", m, Column("a", Integer), postgresql_using="am")\n',
    ),
    Case(
        "access method",
        "of a table changed",
        before("CREATE ACCESS METHOD am TYPE TABLE HANDLER heap_tableam_handler") + TABLE,
        before("CREATE ACCESS METHOD am TYPE TABLE HANDLER heap_tableam_handler")
        + 'table(Column("a", Integer), postgresql_using="am")\n',
        rows=ROWS,
        keeps="SELECT * FROM t",
    ),
    Case(
        "access method",
        "of a materialized view changed",
        before("CREATE ACCESS METHOD am TYPE TABLE HANDLER heap_tableam_handler")
        + TABLE
        + after("CREATE MATERIALIZED VIEW v AS SELECT a FROM t"),
        before("CREATE ACCESS METHOD am TYPE TABLE HANDLER heap_tableam_handler")
        + TABLE
        + after("CREATE MATERIALIZED VIEW v USING am AS SELECT a FROM t"),
    ),
    Case(
        "access method",
        "of an index",
        before(
            "CREATE ACCESS METHOD am TYPE INDEX HANDLER hashhandler",
            "CREATE OPERATOR CLASS oc DEFAULT FOR TYPE int USING am AS OPERATOR 1 =, FUNCTION 1 hashint4(int)",
        )
        + TABLE
        + after("CREATE INDEX i ON t (a)"),
        before(
            "CREATE ACCESS METHOD am TYPE INDEX HANDLER hashhandler",
            "CREATE OPERATOR CLASS oc DEFAULT FOR TYPE int USING am AS OPERATOR 1 =, FUNCTION 1 hashint4(int)",
        )
        + TABLE
        + after("CREATE INDEX i ON t USING am (a)"),
        rows=ROWS,
    ),
]
