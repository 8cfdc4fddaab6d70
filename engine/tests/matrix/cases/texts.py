"""The matrix of texts that are hard to quote."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = [
    Case(
        "text",
        "in a view",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\nv = PGView("public", "v", r"""select a, \'it\'\'s \\ \\n :p \\:q a:b %s %(x)s "" \' || E\'\\t\\\\\' as b, id::text as c, \'{1}\'::int[] from t""")',
    ),
    Case(
        "text",
        "in a function of triple quotes",
        'table(Column("a", Integer))',
        "table(Column(\"a\", Integer))\nf = PGFunction('public', 'f()', '''returns text language sql as $$ select '\"\"\" \\'\\'\\'\\'\\'\\' \\\\n \\\\\\\\ :p \\\\:q a:b ::x %s %(y)s {z} $1' $$''')",
    ),
    Case(
        "text",
        "in a function of many lines",
        "",
        'f = PGFunction("public", "f()", "returns int language plpgsql as $body$\\ndeclare\\n  x int := 1; -- a \'comment\\n  \\t\\nbegin\\n\\n\\n  if x > 0 then return x; end if;\\r\\n  return 2;\\nend\\n$body$")',
    ),
    Case(
        "text",
        "in a default",
        'table(Column("a", Integer))',
        'table(Column("a", Integer), Column("b", Text, server_default="it\'s \\\\ :p a:b %s %(x)s \\"\\"\\" \\n {z}"))',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "text",
        "in a CHECK",
        'table(Column("a", Integer))',
        'table(Column("a", Integer), Column("b", Text), CheckConstraint("b <> \'x\\\\ \\\\:y a:b %s %(x)s \\"\\"\\"\' and b ~ \'^[a-z]{2}%\'", name="c"))',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "text",
        "in an index predicate",
        'table(Column("a", Text))',
        'table(Column("a", Text), Index("i", "a", postgresql_where=text(r"a like \'%%x\\:y\' and a <> \'it\'\'s\'")))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "text",
        "in a comment",
        'table(Column("a", Integer))',
        'table(Column("a", Integer, comment="\\\\ \'\\"\\"\\"\' :p a:b %s\\nsecond; line"), comment="\'\'\' \\\\n \\\\")',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "text",
        "in an enum",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\nEnum("it\'s", "a:b", "50%", "back\\\\slash", "x,y", "(z)", "\\"q\\"", "", name="mood", metadata=m)',
    ),
    Case(
        "text",
        "in an enum, value added",
        'Enum("it\'s", "a,b", "(c)", name="mood", metadata=m)',
        'Enum("it\'s", "x:y", "a,b", "n%\'(", "(c)", name="mood", metadata=m)',
    ),
    Case(
        "text",
        "in a policy",
        'table(Column("a", Integer))',
        "table(Column(\"a\", Integer))\nafter(\"CREATE POLICY p ON t USING (current_user <> 'a:b %%s it''s')\")",
    ),
    Case(
        "text",
        "in a trigger's arguments",
        'table(Column("a", Integer))\ntf = PGFunction("public", "tf()", "returns trigger language plpgsql as $$ begin return new; end $$")',
        "table(Column(\"a\", Integer))\ntf = PGFunction(\"public\", \"tf()\", \"returns trigger language plpgsql as $$ begin return new; end $$\")\nafter(\"CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf('it''s', 'a:b', '%%s', 'x\\\\y')\")",
    ),
    Case(
        "text",
        "in a function in place",
        'f = PGFunction("public", "f()", "returns text language sql as $$ select \'CREATE :a\' $$")',
        'f = PGFunction("public", "f()", "returns text language sql as $$ select \'LANGUAGE %s \\\\\\\\ :b\' $$")',
    ),
    Case(
        "text",
        "semicolons in a rule",
        'table(Column("a", Integer))',
        "table(Column(\"a\", Integer))\nafter('CREATE RULE r AS ON INSERT TO t DO (DELETE FROM t WHERE a = 5; UPDATE t SET a = 6 WHERE a = 7)')",
    ),
]
