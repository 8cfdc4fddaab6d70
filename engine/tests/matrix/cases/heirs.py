"""The matrix of partitions and of tables that inherit, with rows."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import PARTITION, PARTITIONED, ROWS, TABLE, TRIGGER_FUNCTION, after

CASES = [
    Case(
        "inheritance",
        "two parents",
        'Table("x", m, Column("a", Integer))\nTable("y", m, Column("b", Integer))\n',
        'Table("x", m, Column("a", Integer), CheckConstraint("a > 0", name="c"))\nTable("y", m, Column("b", Integer))\n'
        + after("CREATE TABLE k (c int) INHERITS (x, y)"),
    ),
    Case(
        "inheritance",
        "child's own default and retyped column",
        TABLE + after("CREATE TABLE k (b int) INHERITS (t)", "ALTER TABLE k ALTER a SET DEFAULT 7"),
        'table(Column("a", Text))\n'
        + after("CREATE TABLE k (b int) INHERITS (t)", "ALTER TABLE k ALTER a SET DEFAULT 7"),
        rows="INSERT INTO k (id) VALUES (1)",
    ),
    Case(
        "inheritance",
        "left",
        TABLE
        + 'Table("k", m, Column("id", BigInteger, nullable=False), Column("a", Integer), postgresql_inherits="t")',
        TABLE + 'Table("k", m, Column("id", BigInteger, nullable=False), Column("a", Integer))',
        rows="INSERT INTO k VALUES (1, 1)",
        keeps="SELECT * FROM k",
    ),
    Case(
        "inheritance",
        "column dropped",
        'table(Column("a", Integer), Column("c", Text))\n'
        + after("CREATE TABLE k (b int) INHERITS (t)"),
        TABLE + after("CREATE TABLE k (b int) INHERITS (t)"),
        rows=ROWS,
    ),
    Case(
        "partition",
        "UNLOGGED and parameters",
        PARTITIONED.format("") + PARTITION,
        PARTITIONED.format("")
        + after(
            "CREATE UNLOGGED TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10) WITH (fillfactor=70)"
        ),
        rows="INSERT INTO t VALUES (1, 1)",
    ),
    Case(
        "partition",
        "added",
        PARTITIONED.format("") + PARTITION,
        PARTITIONED.format("")
        + PARTITION
        + after("CREATE TABLE p2 PARTITION OF t FOR VALUES FROM (10) TO (20)"),
        rows="INSERT INTO t VALUES (1, 1)",
        keeps="SELECT * FROM t",
    ),
    Case(
        "partition",
        "detached with its index, key and rows",
        PARTITIONED.format(', Index("i", "b"), PrimaryKeyConstraint("a")') + PARTITION,
        PARTITIONED.format(', Index("i", "b"), PrimaryKeyConstraint("a")')
        + 'Table("p1", m, Column("a", Integer), Column("b", Integer), Index("p1_b_idx", "b"), PrimaryKeyConstraint("a"))',
        rows="INSERT INTO t VALUES (1, 1)",
        keeps="SELECT * FROM p1",
    ),
    Case(
        "partition",
        "attached with its index, key and rows",
        PARTITIONED.format(', Index("i", "b"), PrimaryKeyConstraint("a")')
        + 'Table("p1", m, Column("a", Integer), Column("b", Integer), PrimaryKeyConstraint("a"))',
        PARTITIONED.format(', Index("i", "b"), PrimaryKeyConstraint("a")')
        + 'Table("p1", m, Column("a", Integer), Column("b", Integer), PrimaryKeyConstraint("a"))'
        + "\n"
        + after("ALTER TABLE t ATTACH PARTITION p1 FOR VALUES FROM (0) TO (10)"),
        rows="INSERT INTO p1 VALUES (1, 1)",
        keeps="SELECT * FROM p1",
    ),
    Case(
        "partition",
        "expression and opclass of the key",
        "",
        'Table("t", m, Column("a", Text), postgresql_partition_by="RANGE (lower(a) text_pattern_ops)")\n'
        + after("CREATE TABLE p1 PARTITION OF t FOR VALUES FROM ('a') TO (MAXVALUE)"),
    ),
    Case(
        "partition",
        "column dropped",
        'Table("t", m, Column("a", Integer), Column("b", Integer), Column("c", Text, server_default="x"), Index("i", "c"), postgresql_partition_by="RANGE (a)")\n'
        + PARTITION,
        PARTITIONED.format("") + PARTITION,
        rows="INSERT INTO t VALUES (1, 1)",
        keeps="SELECT a, b FROM t",
    ),
    Case(
        "partition",
        "own default, CHECK, index and NOT NULL",
        PARTITIONED.format("") + PARTITION,
        PARTITIONED.format("")
        + PARTITION
        + after(
            "ALTER TABLE p1 ALTER b SET DEFAULT 7, ALTER b SET NOT NULL, ADD CONSTRAINT c CHECK (b > 0)",
            "CREATE INDEX pi ON p1 (b)",
        ),
        rows="INSERT INTO t VALUES (1, 1)",
    ),
    Case(
        "partition",
        "row security, policy and trigger",
        PARTITIONED.format("") + PARTITION + TRIGGER_FUNCTION,
        PARTITIONED.format("")
        + PARTITION
        + TRIGGER_FUNCTION
        + after(
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY p ON t USING (b > 0)",
            "CREATE TRIGGER tr BEFORE INSERT ON p1 FOR EACH ROW EXECUTE FUNCTION tf()",
        ),
    ),
    Case(
        "partition",
        "index ON ONLY",
        PARTITIONED.format("") + PARTITION,
        PARTITIONED.format("") + PARTITION + after("CREATE INDEX i ON ONLY t (b)"),
    ),
    Case(
        "partition",
        "unique over it dropped under a foreign key",
        PARTITIONED.format(', UniqueConstraint("a", "b", name="u")')
        + PARTITION
        + 'Table("w", m, Column("a", Integer), Column("b", Integer), ForeignKeyConstraint(["a", "b"], ["t.a", "t.b"], name="fk"))',
        PARTITIONED.format("")
        + PARTITION
        + 'Table("w", m, Column("a", Integer), Column("b", Integer))',
    ),
    Case(
        "partition",
        "identity",
        'Table("t", m, Column("a", Integer), postgresql_partition_by="RANGE (a)")\n' + PARTITION,
        'Table("t", m, Column("a", Integer), Column("n", Integer, Identity()), postgresql_partition_by="RANGE (a)")\n'
        + PARTITION,
    ),
    Case(
        "partition",
        "generated column",
        PARTITIONED.format("") + PARTITION,
        PARTITIONED.format(', Column("c", Integer, Computed("b * 2", persisted=True))') + PARTITION,
        rows="INSERT INTO t VALUES (1, 1)",
    ),
    Case(
        "partition",
        "table renamed",
        PARTITIONED.format(', Index("t_b_idx", "b")') + PARTITION,
        PARTITIONED.format(', Index("u_b_idx", "b"), info={"renamed_from": "t"}').replace(
            '"t", m', '"u", m'
        )
        + PARTITION.replace("OF t", "OF u"),
        rows="INSERT INTO t VALUES (1, 1)",
        keeps="SELECT * FROM p1",
    ),
]
