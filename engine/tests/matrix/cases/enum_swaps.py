"""The matrix of enums that come anew."""

from __future__ import annotations

from tests.matrix.case import Case

MOOD = 'before("CREATE TYPE mood AS ENUM ({})")\n'
TWO, ONE = MOOD.format("'x', 'y'"), MOOD.format("'x'")


def removed(attribute: str, rest: str, rows: str = "") -> Case:
    """Return a case in which the enum mood, made by a listener, loses a value."""
    return Case("enum", f"value removed {attribute}", TWO + rest, ONE + rest, rows=rows)


def swap(attribute: str, source: str, rows: str = "") -> Case:
    """Return a case in which an enum of the models loses a value: MOOD stands for its values."""
    one, other = (source.replace("MOOD", values) for values in ('"x", "y"', '"x"'))
    return Case("enum", f"value removed {attribute}", one, other, rows=rows)


CASES = [
    removed(
        "under a domain",
        "before(\"CREATE DOMAIN d AS mood DEFAULT 'x' CONSTRAINT c CHECK (value <> 'w'::text::mood OR true)\")\nafter('ALTER TABLE t ADD b d')\ntable(Column(\"a\", Integer))",
        "INSERT INTO t (id, a, b) VALUES (1, 1, 'x')",
    ),
    removed("under a domain of no column", "before('CREATE DOMAIN d AS mood')"),
    removed(
        "under a domain over an array",
        "before('CREATE DOMAIN d AS mood[]')\nafter('ALTER TABLE t ADD b d')\ntable(Column(\"a\", Integer))",
        "INSERT INTO t (id, a, b) VALUES (1, 1, '{x}')",
    ),
    removed(
        "under a domain with a CHECK",
        "before(\"CREATE DOMAIN d AS mood CONSTRAINT c CHECK (value = 'x')\")\nafter(\"ALTER TABLE t ADD b d DEFAULT 'x'\")\ntable(Column(\"a\", Integer))\nv = PGView('public', 'v', 'select b from t')",
        "INSERT INTO t (id, a, b) VALUES (1, 1, 'x')",
    ),
    swap(
        "under a generated column",
        'table(Column("a", Enum(MOOD, name="mood")), Column("b", Boolean, Computed("a = \'x\'", persisted=True)))',
        "INSERT INTO t (id, a) VALUES (1, 'x')",
    ),
    swap(
        "under a CHECK and a generated column",
        'table(Column("a", Enum(MOOD, name="mood")), Column("b", Boolean, Computed("a = \'x\'", persisted=True)), CheckConstraint("a = \'x\' OR b", name="c"), Index("i", "b"))',
        "INSERT INTO t (id, a) VALUES (1, 'x')",
    ),
    swap(
        "under a CHECK",
        'table(Column("a", Enum(MOOD, name="mood")), CheckConstraint("a = \'x\'", name="c"))',
        "INSERT INTO t (id, a) VALUES (1, 'x')",
    ),
    swap(
        "from a generated column's own type",
        'table(Column("a", Integer), Column("b", Enum(MOOD, name="mood"), Computed("case when a > 0 then \'x\'::mood end", persisted=True)))',
        "INSERT INTO t (id, a) VALUES (1, 1)",
    ),
    swap(
        "in a key and a foreign key",
        'Table("r", m, Column("a", Enum(MOOD, name="mood"), primary_key=True))\nTable("s", m, Column("a", Enum(MOOD, name="mood"), ForeignKey("r.a", name="fk")))',
        "INSERT INTO r VALUES ('x'); INSERT INTO s VALUES ('x')",
    ),
    swap(
        "under an EXCLUDE",
        'table(Column("a", Enum(MOOD, name="mood")), ExcludeConstraint(("id", "="), name="x", using="btree", where=text("a = \'x\'")))',
        "INSERT INTO t (id, a) VALUES (1, 'x')",
    ),
    swap(
        "under statistics",
        'table(Column("a", Enum(MOOD, name="mood")), Column("b", Integer))\nafter("CREATE STATISTICS st ON a, b FROM t")\nafter("CREATE STATISTICS se ON (a = \'x\'), b FROM t")',
        "INSERT INTO t (id, a) VALUES (1, 'x')",
    ),
    swap(
        "under a rule",
        'table(Column("a", Enum(MOOD, name="mood")))\nafter("CREATE RULE r AS ON DELETE TO t WHERE old.a = \'x\' DO INSTEAD NOTHING")',
        "INSERT INTO t (id, a) VALUES (1, 'x')",
    ),
    swap(
        "under a publication",
        'table(Column("a", Enum(MOOD, name="mood")))\nafter("CREATE PUBLICATION pub FOR TABLE t (id, a) WHERE (id > 5)")',
        "INSERT INTO t (id, a) VALUES (1, 'x')",
    ),
    swap(
        "under a function of SQL",
        'table(Column("a", Enum(MOOD, name="mood")))\nafter("CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t WHERE a = \'x\'; END")',
        "INSERT INTO t (id, a) VALUES (1, 'x')",
    ),
    swap(
        "under a function returning it",
        'table(Column("a", Enum(MOOD, name="mood")))\nf = PGFunction("public", "f()", "returns mood language sql as $$ select \'x\'::mood $$")\ng = PGFunction("public", "g()", "returns setof t language sql as $$ select * from t $$")\nh = PGFunction("public", "h(a mood default \'x\')", "returns int language sql as $$ select 1 $$")',
        "INSERT INTO t (id, a) VALUES (1, 'x')",
    ),
    swap(
        "under a function used by an index",
        'f = PGFunction("public", "f(a mood)", "returns int immutable language sql as $$ select 1 $$")\ntable(Column("a", Enum(MOOD, name="mood")), Index("i", text("f(a)")), CheckConstraint("f(a) > 0", name="c"))',
        "INSERT INTO t (id, a) VALUES (1, 'x')",
    ),
    removed("in a composite type", "before('CREATE TYPE c AS (a int, b mood)')"),
    removed(
        "in a composite type of a column",
        "before('CREATE TYPE c AS (a int, b mood)')\nafter('ALTER TABLE t ADD b c')\ntable(Column(\"a\", Integer))",
        "INSERT INTO t (id, a, b) VALUES (1, 1, '(1,x)')",
    ),
    removed(
        "under a range",
        "before('CREATE TYPE r AS RANGE (subtype = mood)')\nafter('ALTER TABLE t ADD b r')\ntable(Column(\"a\", Integer))",
        "INSERT INTO t (id, a, b) VALUES (1, 1, '[x,x]')",
    ),
    swap(
        "under inheritance",
        'table(Column("a", Enum(MOOD, name="mood"), server_default="x"))\nafter("CREATE TABLE k (b int) INHERITS (t)")\nafter("CREATE TABLE kk (c mood) INHERITS (k)")',
        "INSERT INTO t (id, a) VALUES (1, 'x'); INSERT INTO k (id, a) VALUES (2, 'x'); INSERT INTO kk (id, c) VALUES (2, 'x')",
    ),
    swap(
        "in partitions of partitions",
        'Table("t", m, Column("a", Integer), Column("b", Enum(MOOD, name="mood"), server_default="x"), Index("i", "b"), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (a)\')\nafter(\'CREATE TABLE p11 PARTITION OF p1 FOR VALUES FROM (0) TO (10)\')\nafter("CREATE INDEX pi ON p11 (a) WHERE b = \'x\'")\nafter("ALTER TABLE p11 ALTER b DROP DEFAULT")',
        "INSERT INTO t VALUES (1, 'x')",
    ),
    swap(
        "with a column of its table",
        'table(Column("a", Enum(MOOD, name="mood")), Column("b", Integer), Column("c", Boolean, Computed("a = \'x\'", persisted=True)))',
        "INSERT INTO t (id, a) VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "value removed beside a retyped column",
        'table(Column("a", Enum("x", "y", name="mood")), Column("b", Integer))',
        'table(Column("a", Enum("x", name="mood")), Column("b", Text), Column("c", Enum("x", name="mood"), server_default="x"))',
        rows="INSERT INTO t VALUES (1, 'x', 1)",
    ),
    Case(
        "enum",
        "value removed that a default has",
        'table(Column("a", Enum("x", "y", name="mood"), server_default="y"))',
        'table(Column("a", Enum("x", name="mood"), server_default="x"))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "value removed that a CHECK and an index have",
        'table(Column("a", Enum("x", "y", name="mood")), CheckConstraint("a <> \'y\'", name="c"), Index("i", "a", postgresql_where=text("a = \'y\'")))',
        'table(Column("a", Enum("x", name="mood")), CheckConstraint("a <> \'x\' or id > 0", name="c"), Index("i", "a", postgresql_where=text("a = \'x\'")))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "value removed that a view has",
        'table(Column("a", Enum("x", "y", name="mood")))\nv = PGView("public", "v", "select a from t where a <> \'y\'")',
        'table(Column("a", Enum("x", name="mood")))\nv = PGView("public", "v", "select a from t")',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "value removed that a generated column has",
        'table(Column("a", Enum("x", "y", name="mood")), Column("b", Boolean, Computed("a = \'y\'", persisted=True)))',
        'table(Column("a", Enum("x", name="mood")), Column("b", Boolean, Computed("a = \'x\'", persisted=True)))',
        rows="INSERT INTO t (id, a) VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "value added, a CHECK and a default of it",
        'table(Column("a", Enum("x", "y", name="mood")))',
        'table(Column("a", Enum("x", "y", "z", name="mood"), server_default="z"), CheckConstraint("a <> \'z\' or id > 0", name="c"))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "value added, an index, a view and a policy of it",
        'table(Column("a", Enum("x", "y", name="mood")))',
        'table(Column("a", Enum("x", "y", "z", name="mood")), Index("i", "id", postgresql_where=text("a = \'z\'")))\nv = PGView("public", "v", "select a from t where a <> \'z\'")\nafter("CREATE POLICY p ON t USING (a = \'z\')")',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "value added and a generated column of it",
        'table(Column("a", Enum("x", "y", name="mood")))',
        'table(Column("a", Enum("x", "y", "z", name="mood")), Column("b", Boolean, Computed("a = \'z\'", persisted=True)))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "value added and a new column's default of it",
        'table(Column("a", Enum("x", "y", name="mood")))',
        'table(Column("a", Enum("x", "y", "z", name="mood")), Column("b", Enum("x", "y", "z", name="mood"), server_default="z"))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "value added and an array's default of it",
        'table(Column("a", ARRAY(Enum("x", "y", name="mood"))))',
        'table(Column("a", ARRAY(Enum("x", "y", "z", name="mood")), server_default="{z}"))',
        rows="INSERT INTO t VALUES (1, '{x}')",
    ),
    Case(
        "enum",
        "value added and a domain's default of it",
        ONE + 'before("CREATE DOMAIN d AS mood")\nafter("ALTER TABLE t ADD b d")\ntable()',
        TWO
        + 'before("CREATE DOMAIN d AS mood DEFAULT \'y\'")\nafter("ALTER TABLE t ADD b d")\ntable()',
        rows="INSERT INTO t (b) VALUES ('x')",
    ),
    Case(
        "enum",
        "value added and a function of it",
        'table(Column("a", Enum("x", "y", name="mood")))',
        'table(Column("a", Enum("x", "y", "z", name="mood")))\nf = PGFunction("public", "f()", "returns mood language sql as $$ select \'z\'::mood $$")',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "several values added",
        'table(Column("a", Enum("c", "f", name="mood")))',
        'table(Column("a", Enum("a", "b", "c", "d", "e", "f", "g", "h", name="mood")))',
        rows="INSERT INTO t VALUES (1, 'c')",
    ),
    Case(
        "enum",
        "dropped, column to text",
        'table(Column("a", Enum("x", "y", name="mood"), server_default="x"))',
        'table(Column("a", Text, server_default="x"))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "column to another enum",
        'table(Column("a", Enum("x", "y", name="mood"), server_default="x"))',
        'table(Column("a", Enum("x", "z", name="other"), server_default="x"))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "moved between schemas with a value added, under a default",
        'table(Column("a", Enum("x", name="mood", schema="one"), server_default="x"), schema="one")\nTable("z", m, Column("id", Integer), schema="two")',
        'table(Column("a", Enum("x", "y", name="mood", schema="two"), server_default="x"), schema="one")\nTable("z", m, Column("id", Integer), schema="two")',
        rows="INSERT INTO one.t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "of one name in two schemas, value removed",
        'table(Column("a", Enum("x", "y", name="mood", schema="one")), Column("b", Enum("x", "y", name="mood")), schema="one")',
        'table(Column("a", Enum("x", name="mood", schema="one")), Column("b", Enum("x", "y", name="mood")), schema="one")',
        rows="INSERT INTO one.t VALUES (1, 'x', 'y')",
    ),
    Case(
        "enum",
        "long name, value removed",
        f'table(Column("a", Enum("x", "y", name="{"m" * 63}")))',
        f'table(Column("a", Enum("x", name="{"m" * 63}")))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "values swapped with a default list",
        'table(Column("a", Enum("x", "y", name="mood"), server_default="y"), Index("i", "a"))',
        'table(Column("a", Enum("y", "x", "z", name="mood"), server_default="z"), Index("i", "a"))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "enum",
        "two at once lose a value",
        'table(Column("a", Enum("x", "y", name="mood")), Column("b", Enum("p", "q", name="mode")), CheckConstraint("a = \'x\' or b = \'p\'", name="c"))',
        'table(Column("a", Enum("x", name="mood")), Column("b", Enum("p", name="mode")), CheckConstraint("a = \'x\' or b = \'p\'", name="c"))',
        rows="INSERT INTO t VALUES (1, 'x', 'p')",
    ),
]
