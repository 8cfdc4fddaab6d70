"""The matrix of comments on every kind of object."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = [
    Case(
        "comment",
        "on TABLE t",
        'table(Column("a", Integer))',
        "table(Column(\"a\", Integer))\nafter(\"COMMENT ON TABLE t IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on COLUMN t.a",
        'table(Column("a", Integer))',
        "table(Column(\"a\", Integer))\nafter(\"COMMENT ON COLUMN t.a IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on CONSTRAINT t_pkey ON t",
        'table(Column("a", Integer))',
        "table(Column(\"a\", Integer))\nafter(\"COMMENT ON CONSTRAINT t_pkey ON t IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on INDEX t_pkey",
        'table(Column("a", Integer))',
        "table(Column(\"a\", Integer))\nafter(\"COMMENT ON INDEX t_pkey IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on INDEX i",
        'table(Column("a", Integer), Index("i", "a"))',
        'table(Column("a", Integer), Index("i", "a"))\nafter("COMMENT ON INDEX i IS \'it\'\'s 50%% :x\'")',
    ),
    Case(
        "comment",
        "on CONSTRAINT c ON t",
        'table(Column("a", Integer), CheckConstraint("a > 0", name="c"))',
        'table(Column("a", Integer), CheckConstraint("a > 0", name="c"))\nafter("COMMENT ON CONSTRAINT c ON t IS \'it\'\'s 50%% :x\'")',
    ),
    Case(
        "comment",
        "on VIEW v",
        'table(Column("a", Integer))\nv = PGView("public", "v", "select a from t")',
        'table(Column("a", Integer))\nv = PGView("public", "v", "select a from t")\nafter("COMMENT ON VIEW v IS \'it\'\'s 50%% :x\'")',
    ),
    Case(
        "comment",
        "on COLUMN v.a",
        'table(Column("a", Integer))\nv = PGView("public", "v", "select a from t")',
        'table(Column("a", Integer))\nv = PGView("public", "v", "select a from t")\nafter("COMMENT ON COLUMN v.a IS \'it\'\'s 50%% :x\'")',
    ),
    Case(
        "comment",
        "on MATERIALIZED VIEW v",
        'table(Column("a", Integer))\nv = PGMaterializedView("public", "v", "select a from t")',
        'table(Column("a", Integer))\nv = PGMaterializedView("public", "v", "select a from t")\nafter("COMMENT ON MATERIALIZED VIEW v IS \'it\'\'s 50%% :x\'")',
    ),
    Case(
        "comment",
        "on FUNCTION f()",
        'f = PGFunction("public", "f()", "returns int language sql as $$ select 1 $$")',
        'f = PGFunction("public", "f()", "returns int language sql as $$ select 1 $$")\nafter("COMMENT ON FUNCTION f() IS \'it\'\'s 50%% :x\'")',
    ),
    Case(
        "comment",
        "on PROCEDURE pr(int)",
        "before(\"CREATE PROCEDURE pr(int) LANGUAGE sql AS ''\")",
        "before(\"CREATE PROCEDURE pr(int) LANGUAGE sql AS ''\")\nafter(\"COMMENT ON PROCEDURE pr(int) IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on AGGREGATE ag(int)",
        "before('CREATE AGGREGATE ag(int) (sfunc = int4pl, stype = int)')",
        "before('CREATE AGGREGATE ag(int) (sfunc = int4pl, stype = int)')\nafter(\"COMMENT ON AGGREGATE ag(int) IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on TYPE mood",
        'Enum("x", name="mood", metadata=m)',
        'Enum("x", name="mood", metadata=m)\nafter("COMMENT ON TYPE mood IS \'it\'\'s 50%% :x\'")',
    ),
    Case(
        "comment",
        "on TYPE c",
        "before('CREATE TYPE c AS (a int)')",
        "before('CREATE TYPE c AS (a int)')\nafter(\"COMMENT ON TYPE c IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on DOMAIN d",
        "before('CREATE DOMAIN d AS int')",
        "before('CREATE DOMAIN d AS int')\nafter(\"COMMENT ON DOMAIN d IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on COLLATION cc",
        "before(\"CREATE COLLATION cc (provider = libc, locale = 'C')\")",
        "before(\"CREATE COLLATION cc (provider = libc, locale = 'C')\")\nafter(\"COMMENT ON COLLATION cc IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on POLICY p ON t",
        "table(Column(\"a\", Integer))\nafter('CREATE POLICY p ON t')",
        "table(Column(\"a\", Integer))\nafter('CREATE POLICY p ON t')\nafter(\"COMMENT ON POLICY p ON t IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on RULE r ON t",
        "table(Column(\"a\", Integer))\nafter('CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING')",
        "table(Column(\"a\", Integer))\nafter('CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING')\nafter(\"COMMENT ON RULE r ON t IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on TRIGGER tr ON t",
        'table(Column("a", Integer))\ntf = PGFunction("public", "tf()", "returns trigger language plpgsql as $$ begin return new; end $$")\nafter(\'CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()\')',
        'table(Column("a", Integer))\ntf = PGFunction("public", "tf()", "returns trigger language plpgsql as $$ begin return new; end $$")\nafter(\'CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()\')\nafter("COMMENT ON TRIGGER tr ON t IS \'it\'\'s 50%% :x\'")',
    ),
    Case(
        "comment",
        "on STATISTICS st",
        "table(Column(\"a\", Integer))\nafter('CREATE STATISTICS st ON a, id FROM t')",
        "table(Column(\"a\", Integer))\nafter('CREATE STATISTICS st ON a, id FROM t')\nafter(\"COMMENT ON STATISTICS st IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on PUBLICATION pub",
        "table(Column(\"a\", Integer))\nafter('CREATE PUBLICATION pub FOR TABLE t')",
        "table(Column(\"a\", Integer))\nafter('CREATE PUBLICATION pub FOR TABLE t')\nafter(\"COMMENT ON PUBLICATION pub IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on CAST (point AS text)",
        "before('CREATE CAST (point AS text) WITH INOUT')",
        "before('CREATE CAST (point AS text) WITH INOUT')\nafter(\"COMMENT ON CAST (point AS text) IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on OPERATOR === (int, int)",
        "before('CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)')",
        "before('CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)')\nafter(\"COMMENT ON OPERATOR === (int, int) IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on OPERATOR CLASS oc USING btree",
        "before('CREATE OPERATOR CLASS oc FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)')",
        "before('CREATE OPERATOR CLASS oc FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)')\nafter(\"COMMENT ON OPERATOR CLASS oc USING btree IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on OPERATOR FAMILY ofa USING btree",
        "before('CREATE OPERATOR FAMILY ofa USING btree')",
        "before('CREATE OPERATOR FAMILY ofa USING btree')\nafter(\"COMMENT ON OPERATOR FAMILY ofa USING btree IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on TEXT SEARCH CONFIGURATION tsc",
        "before('CREATE TEXT SEARCH CONFIGURATION tsc (COPY = english)')",
        "before('CREATE TEXT SEARCH CONFIGURATION tsc (COPY = english)')\nafter(\"COMMENT ON TEXT SEARCH CONFIGURATION tsc IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on TEXT SEARCH DICTIONARY tsd",
        "before('CREATE TEXT SEARCH DICTIONARY tsd (TEMPLATE = simple)')",
        "before('CREATE TEXT SEARCH DICTIONARY tsd (TEMPLATE = simple)')\nafter(\"COMMENT ON TEXT SEARCH DICTIONARY tsd IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on FOREIGN DATA WRAPPER fdw",
        "before('CREATE FOREIGN DATA WRAPPER fdw')",
        "before('CREATE FOREIGN DATA WRAPPER fdw')\nafter(\"COMMENT ON FOREIGN DATA WRAPPER fdw IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on SERVER srv",
        "before('CREATE FOREIGN DATA WRAPPER fdw')\nbefore('CREATE SERVER srv FOREIGN DATA WRAPPER fdw')",
        "before('CREATE FOREIGN DATA WRAPPER fdw')\nbefore('CREATE SERVER srv FOREIGN DATA WRAPPER fdw')\nafter(\"COMMENT ON SERVER srv IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on FOREIGN TABLE ft",
        "before('CREATE FOREIGN DATA WRAPPER fdw')\nbefore('CREATE SERVER srv FOREIGN DATA WRAPPER fdw')\nafter('CREATE FOREIGN TABLE ft (a int) SERVER srv')",
        "before('CREATE FOREIGN DATA WRAPPER fdw')\nbefore('CREATE SERVER srv FOREIGN DATA WRAPPER fdw')\nafter('CREATE FOREIGN TABLE ft (a int) SERVER srv')\nafter(\"COMMENT ON FOREIGN TABLE ft IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on EVENT TRIGGER et",
        "before('CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS $$ begin end $$')\nafter('CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION ef()')",
        "before('CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS $$ begin end $$')\nafter('CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION ef()')\nafter(\"COMMENT ON EVENT TRIGGER et IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on CONVERSION cv",
        "before(\"CREATE CONVERSION cv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1\")",
        "before(\"CREATE CONVERSION cv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1\")\nafter(\"COMMENT ON CONVERSION cv IS 'it''s 50%% :x'\")",
    ),
    Case(
        "comment",
        "on ACCESS METHOD am",
        "before('CREATE ACCESS METHOD am TYPE INDEX HANDLER gisthandler')",
        "before('CREATE ACCESS METHOD am TYPE INDEX HANDLER gisthandler')\nafter(\"COMMENT ON ACCESS METHOD am IS 'it''s 50%% :x'\")",
    ),
]
