"""The matrix of columns: serials, identities, generated ones, rare types."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import KEPT, ROWS, TABLE, after, before

CASES = [
    Case(
        "column",
        "serial added to a table with rows",
        'Table("t", m, Column("a", Integer))',
        'Table("t", m, Column("a", Integer), Column("n", Integer, Sequence("t_n_seq", metadata=m), server_default=text("nextval(\'t_n_seq\')"), nullable=False))',
        rows="INSERT INTO t VALUES (1), (2)",
        keeps="SELECT a FROM t ORDER BY a",
    ),
    Case(
        "column",
        "primary key of serial added to a table with rows",
        'Table("t", m, Column("a", Integer))',
        'Table("t", m, Column("a", Integer), Column("id", BigInteger, primary_key=True))',
        rows="INSERT INTO t VALUES (1), (2)",
        keeps="SELECT a FROM t ORDER BY a",
    ),
    Case(
        "column",
        "identity added to a table with rows",
        'Table("t", m, Column("a", Integer))',
        'Table("t", m, Column("a", Integer), Column("n", Integer, Identity(start=5)))',
        rows="INSERT INTO t VALUES (1), (2)",
        keeps="SELECT a FROM t ORDER BY a",
    ),
    Case(
        "column",
        "types swapped",
        'table(Column("a", Integer), Column("b", Text))',
        'table(Column("a", Text), Column("b", Integer))',
        rows="INSERT INTO t VALUES (1, 1, '2')",
    ),
    Case(
        "column",
        "reordered and one added",
        'table(Column("a", Integer), Column("b", Text))',
        'table(Column("c", Date), Column("b", Text), Column("a", Integer))',
        rows=ROWS,
        keeps=KEPT,
    ),
    Case(
        "column",
        "NOT NULL dropped under a primary key that goes",
        'Table("t", m, Column("a", Integer, primary_key=True))',
        'Table("t", m, Column("a", Integer))',
        rows="INSERT INTO t VALUES (1)",
    ),
    Case(
        "column",
        "generated replaced by a default",
        'table(Column("a", Integer), Column("b", Integer, Computed("a * 2", persisted=True)))',
        'table(Column("a", Integer), Column("b", Integer, server_default="5", nullable=False))',
        rows=ROWS,
    ),
    Case(
        "column",
        "generated under a CHECK, a unique and a foreign key",
        'table(Column("a", Integer), Column("b", Integer, Computed("a * 2", persisted=True), unique=True), CheckConstraint("b > 0", name="c"))\nTable("u", m, Column("r", Integer, ForeignKey("t.b")))',
        'table(Column("a", Integer), Column("b", Integer, Computed("a * 3", persisted=True), unique=True), CheckConstraint("b > 0", name="c"))\nTable("u", m, Column("r", Integer, ForeignKey("t.b")))',
        rows=ROWS,
    ),
    Case(
        "column",
        "generated dropped with what it was made of",
        'table(Column("a", Integer), Column("b", Integer), Column("c", Integer, Computed("a * b", persisted=True)))',
        TABLE,
        rows=ROWS,
    ),
    Case(
        "column",
        "generated retyped",
        'table(Column("a", Integer), Column("c", Integer, Computed("a * 2", persisted=True)))',
        'table(Column("a", Integer), Column("c", BigInteger, Computed("a * 2", persisted=True)))',
        rows=ROWS,
    ),
    Case(
        "column",
        "virtual added and dropped",
        TABLE,
        'table(Column("a", Integer), Column("c", Integer, Computed("a * 2", persisted=False)))',
        since=18,
        rows=ROWS,
    ),
    Case(
        "column",
        "virtual over a retyped column, under a view",
        'table(Column("a", Integer), Column("c", Text, Computed("a::text || \'x\'", persisted=False)))\nv = PGView("public", "v", "select c from t")',
        'table(Column("a", BigInteger), Column("c", Text, Computed("a::text || \'x\'", persisted=False)))\nv = PGView("public", "v", "select c from t")',
        since=18,
        rows=ROWS,
    ),
    Case(
        "column",
        "of types that are rare",
        TABLE,
        'table(Column("a", Integer), Column("b", INTERVAL(fields="YEAR TO MONTH")), Column("c", BIT(3)), Column("d", BIT(varying=True)), Column("e", CHAR(3)), Column("f", MONEY), Column("g", INET), Column("h", TSVECTOR), Column("i", INT4MULTIRANGE), Column("j", TIME(timezone=True, precision=3)), Column("k", OID), Column("l", REGCLASS), Column("n", MACADDR8), Column("o", Double), Column("p", ARRAY(Integer, dimensions=2)), Column("q", JSONPATH), Column("r", HSTORE))\nbefore("CREATE EXTENSION IF NOT EXISTS hstore")\n'
        + after(
            "ALTER TABLE t ADD s xml, ADD u point DEFAULT '(1,2)', ADD v pg_lsn, ADD w \"char\" DEFAULT 'x', ADD x numeric(3,-2), ADD y interval(3) DEFAULT '1 day'"
        ),
        rows=ROWS,
    ),
    Case(
        "column",
        "interval fields",
        'table(Column("a", INTERVAL))',
        'table(Column("a", INTERVAL(fields="DAY TO SECOND", precision=3)))',
    ),
    Case("column", "char to bit", 'table(Column("a", CHAR(3)))', 'table(Column("a", BIT(3)))'),
    Case(
        "column",
        "timestamp to epoch",
        'table(Column("a", DateTime))',
        'table(Column("a", Date))',
        rows="INSERT INTO t (id, a) VALUES (1, '2020-01-01')",
    ),
    Case(
        "column",
        "domain to its base",
        before("CREATE DOMAIN d AS int CHECK (value > 0)")
        + TABLE
        + after("ALTER TABLE t ADD c d DEFAULT 5 NOT NULL"),
        'table(Column("a", Integer), Column("c", Integer, server_default="5", nullable=False))',
        rows=ROWS,
    ),
    Case(
        "column",
        "compression and storage dropped with a new type",
        'table(Column("a", Text))\n'
        + after(
            "ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER a SET STATISTICS 55, ALTER a SET (n_distinct = 5)"
        ),
        TABLE,
        rows="INSERT INTO t (id, a) VALUES (1, '1')",
    ),
    Case(
        "column",
        "options changed",
        'table(Column("a", Text))\n'
        + after("ALTER TABLE t ALTER a SET (n_distinct = 5), ALTER a SET STATISTICS 5"),
        'table(Column("a", Text))\n'
        + after("ALTER TABLE t ALTER a SET (n_distinct_inherited = 7), ALTER a SET STATISTICS 0"),
    ),
    Case(
        "column",
        "default of a sequence of another table",
        'Sequence("s", metadata=m)\n' + TABLE,
        's = Sequence("s", metadata=m)\ntable(Column("a", Integer, server_default=s.next_value()))\nTable("u", m, Column("a", Integer, server_default=s.next_value()))',
        rows=ROWS,
    ),
    Case(
        "column",
        "comment changed",
        'table(Column("a", Text, comment="one"))',
        'table(Column("a", Text, comment="two"))',
    ),
    Case(
        "column",
        "identity dropped, values stay",
        'Table("t", m, Column("id", Integer, Identity(), primary_key=True))',
        'Table("t", m, Column("id", Integer, primary_key=True, autoincrement=False))',
        rows="INSERT INTO t DEFAULT VALUES",
        keeps="SELECT id FROM t",
    ),
    Case(
        "column",
        "identity start, minimum and kind",
        'Table("t", m, Column("id", Integer, Identity(start=10, minvalue=5), primary_key=True))',
        'Table("t", m, Column("id", Integer, Identity(always=True, start=1, minvalue=-7, increment=-1, maxvalue=100), primary_key=True))',
    ),
    Case(
        "column",
        "identity of a renamed table in a schema",
        'Table("t", m, Column("id", Integer, Identity(), primary_key=True), schema="one")',
        'Table("u", m, Column("id", Integer, Identity(always=True), primary_key=True), schema="one", info={"renamed_from": "t"})',
        rows="INSERT INTO one.t DEFAULT VALUES",
        keeps="SELECT id FROM one.t",
        keeps_after="SELECT id FROM one.u",
    ),
    Case(
        "column",
        "generated and all that it is made of",
        "table()",
        'table(Column("a", Integer, nullable=False), Column("sum", Integer, Computed("a + 1", persisted=True)))',
    ),
    Case(
        "column",
        "generated before what it is made of, which is retyped",
        'table(Column("a", Integer), Column("b", Text), Column("c", Text, Computed("b", persisted=True)))',
        'table(Column("s", Integer, Computed("z + length(b)", persisted=True)), Column("b", String(9)), Column("z", Integer))',
        rows="INSERT INTO t (id, a, b) VALUES (1, 1, 'x')",
    ),
    Case(
        "column",
        "collation of a NOT NULL with a default",
        'table(Column("a", Text(collation="C"), nullable=False, server_default="x"), Column("b", Text, nullable=False))',
        'table(Column("a", Text, nullable=False, server_default="x"), Column("b", Text(collation="POSIX"), nullable=False), Column("c", Text(collation="C"), nullable=False, server_default="y"))',
        rows="INSERT INTO t VALUES (1, 'x', 'y')",
    ),
]
