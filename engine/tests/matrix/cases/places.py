"""The matrix of schemas, extensions, names and tables."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = [
    Case(
        "schema",
        "extension in its own",
        'Table("z", m, Column("id", Integer), schema="ext")',
        'Table("z", m, Column("id", Integer), schema="ext")\ne = PGExtension("ext", "citext")',
    ),
    Case(
        "schema",
        "extension in a new one, used by a column",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\ne = PGExtension("ext", "citext")\nafter(\'ALTER TABLE t ADD b ext.citext\')\nafter("ALTER TABLE t ADD c ext.citext DEFAULT \'x\'")',
    ),
    Case(
        "extension",
        "schema",
        "before('CREATE SCHEMA IF NOT EXISTS \"ext\"')\nbefore('CREATE EXTENSION IF NOT EXISTS hstore SCHEMA public')",
        "before('CREATE SCHEMA IF NOT EXISTS \"ext\"')\nbefore('CREATE EXTENSION IF NOT EXISTS hstore SCHEMA ext')",
    ),
    Case(
        "extension",
        "comment",
        'e = PGExtension("public", "pg_trgm")',
        'e = PGExtension("public", "pg_trgm")\nafter("COMMENT ON EXTENSION pg_trgm IS \'mine\'")',
    ),
    Case(
        "extension",
        "operator class of an index",
        'table(Column("a", Text))',
        'e = PGExtension("public", "pg_trgm")\ntable(Column("a", Text), Index("i", "a", postgresql_using="gin", postgresql_ops={"a": "gin_trgm_ops"}))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "extension",
        "EXCLUDE by btree_gist",
        'table(Column("a", Integer), Column("d", DATERANGE))',
        'e = PGExtension("public", "btree_gist")\ntable(Column("a", Integer), Column("d", DATERANGE), ExcludeConstraint(("a", "="), ("d", "&&"), name="x"))',
    ),
    Case(
        "schema",
        "several",
        'table(schema="one")\ntable(schema="two")',
        'table(Column("a", Text, index=True), schema="one")\ntable(schema="three")',
    ),
    Case(
        "schema",
        "two tables of one name",
        'table(schema="one")\ntable(schema="two")',
        'table(Column("a", Text, index=True), schema="one")\ntable(Column("b", Integer, comment="x"), schema="two")',
    ),
    Case(
        "schema",
        "foreign key across",
        'table(schema="one")\nTable("u", m, Column("r", BigInteger), schema="two")',
        'table(schema="one")\nTable("u", m, Column("r", BigInteger, ForeignKey("one.t.id", ondelete="CASCADE")), schema="two")',
    ),
    Case(
        "schema",
        "view and function in it",
        'table(Column("a", Integer), schema="one")',
        'table(Column("a", Integer), schema="one")\nf = PGFunction("two", "f(x int)", "returns int language sql as $$ select x $$")\nv = PGView("three", "v", "select two.f(a) as a from one.t")',
    ),
    Case(
        "schema",
        "enum and sequence in it",
        'table(schema="one")',
        'table(Column("a", Enum("x", name="mood", schema="one")), schema="one")\nSequence("s", metadata=m, schema="one")',
    ),
    Case(
        "schema",
        "comment and grant",
        "table(Column(\"a\", Integer))\nbefore('CREATE SCHEMA IF NOT EXISTS one')",
        "table(Column(\"a\", Integer))\nbefore('CREATE SCHEMA IF NOT EXISTS one')\nafter(\"COMMENT ON SCHEMA one IS 'x'\")\nafter('GRANT USAGE ON SCHEMA one TO PUBLIC')",
    ),
    Case(
        "schema",
        "comment on public",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\nafter("COMMENT ON SCHEMA public IS \'mine\'")',
    ),
    Case(
        "schema",
        "grant on public",
        'table(Column("a", Integer))',
        "table(Column(\"a\", Integer))\nafter('GRANT CREATE ON SCHEMA public TO PUBLIC')",
    ),
    Case(
        "schema",
        "default privileges in it",
        "before('CREATE SCHEMA IF NOT EXISTS one')",
        "before('CREATE SCHEMA IF NOT EXISTS one')\nafter('ALTER DEFAULT PRIVILEGES IN SCHEMA one GRANT SELECT ON TABLES TO PUBLIC')",
    ),
    Case(
        "names",
        "reserved words",
        'Table("user", m, Column("order", Integer, primary_key=True), Column("select", Text))',
        'Table("user", m, Column("order", Integer, primary_key=True), Column("select", Text, index=True, server_default="x"), Column("group", Integer, ForeignKey("user.order")), Column("table", Enum("a", name="type")), CheckConstraint("\\"group\\" > 0", name="check"))',
    ),
    Case(
        "names",
        "reserved words, retyped",
        'Table("user", m, Column("order", Integer, primary_key=True), Column("end", Text, server_default="1"))\nv = PGView("public", "all", \'select "end" from "user"\')',
        'Table("user", m, Column("order", Integer, primary_key=True), Column("end", Integer, server_default="1"))\nv = PGView("public", "all", \'select "end" from "user"\')',
    ),
    Case(
        "names",
        "capitals and spaces",
        'Table("My T", m, Column("The Id", Integer, primary_key=True), schema="My S")',
        'Table("My T", m, Column("The Id", Integer, primary_key=True), Column("A col", Text, comment="x", index=True), Column("B.c", Enum("Ä ö", name="My.Type")), UniqueConstraint("A col", name="My U"), schema="My S")',
    ),
    Case(
        "names",
        "capitals and spaces, retyped",
        'Table("My T", m, Column("The Id", Integer, primary_key=True), Column("A, (col", Text, nullable=True, server_default="1"), schema="My S")\nv = PGView("My S", "My V", \'select "A, (col" from "My S"."My T"\')',
        'Table("My T", m, Column("The Id", Integer, primary_key=True), Column("A, (col", Integer, nullable=False, server_default="1"), schema="My S")\nv = PGView("My S", "My V", \'select "A, (col" from "My S"."My T"\')',
    ),
    Case(
        "names",
        "quotes",
        "Table('a\"b', m, Column('c\"d', Integer, primary_key=True))",
        'Table(\'a"b\', m, Column(\'c"d\', Integer, primary_key=True), Column("e\'f", Text, server_default="g\'h", comment="i\'j\\"k"), Index(\'l"m\', "e\'f"))',
    ),
    Case(
        "names",
        "per cent and colon",
        'Table("a%b", m, Column("c:d", Integer, primary_key=True))',
        'Table("a%b", m, Column("c:d", Integer, primary_key=True), Column("e%(f)s", Text, index=True), Column("g:h", Text), CheckConstraint("\\"g:h\\" <> \'%s \\\\:x\'", name="i:j%"))',
    ),
    Case(
        "names",
        "umlauts in a view, a function and a trigger",
        'Table("Straße", m, Column("Größe", Integer))',
        'Table("Straße", m, Column("Größe", Integer))\nv = PGView("public", "Übersicht", \'select "Größe" from "Straße"\')\nbefore(\'CREATE FUNCTION "Zähle"() RETURNS trigger LANGUAGE plpgsql AS $$ begin return new; end $$\')\nafter(\'CREATE TRIGGER "Ä" AFTER INSERT ON "Straße" FOR EACH ROW EXECUTE FUNCTION "Zähle"()\')',
    ),
    Case(
        "table",
        "access method",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\nTable("u", m, Column("a", Integer), postgresql_using="heap")',
    ),
    Case(
        "table",
        "clustered",
        'table(Column("a", Integer), Index("i", "a"))',
        'table(Column("a", Integer), Index("i", "a"))\nafter(\'ALTER TABLE t CLUSTER ON i\')',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "table",
        "toast parameters",
        'table(Column("a", Text))',
        "table(Column(\"a\", Text))\nafter('ALTER TABLE t SET (toast.autovacuum_enabled = false)')",
    ),
    Case(
        "table",
        "dropped under another's foreign key",
        'table()\nTable("u", m, Column("r", BigInteger, ForeignKey("t.id")))',
        'Table("u", m, Column("r", BigInteger))',
    ),
    Case(
        "table",
        "typed",
        "before('CREATE TYPE c AS (a int, b text)')",
        "before('CREATE TYPE c AS (a int, b text)')\nafter('CREATE TABLE k OF c (PRIMARY KEY (a))')",
    ),
    Case(
        "table",
        "without columns",
        "",
        'Table("t", m)',
    ),
    Case(
        "table",
        "rule and row security dropped",
        "table(Column(\"a\", Integer))\nafter('ALTER TABLE t ENABLE ROW LEVEL SECURITY')\nafter('CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING')",
        'table(Column("a", Integer))',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "table",
        "replica identity nothing to index",
        'table(Column("a", Integer, nullable=False), Index("i", "a", unique=True))\nafter(\'ALTER TABLE t REPLICA IDENTITY NOTHING\')',
        'table(Column("a", Integer, nullable=False), Index("i", "a", unique=True))\nafter(\'ALTER TABLE t REPLICA IDENTITY USING INDEX i\')',
    ),
    Case(
        "table",
        "everything at once",
        'table(Column("a", Integer))',
        'table(Column("a", BigInteger, unique=True, comment="c"), Column("b", Text, server_default="x", nullable=False), CheckConstraint("a > 0", name="c"), Index("i", "b", postgresql_where=text("a > 1")), comment="t")\nTable("u", m, Column("r", BigInteger, ForeignKey("t.a")))\nv = PGView("public", "v", "select a, b, r from t join u on r = a")',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
]
