"""The matrix of partitions and inheritance."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = [
    Case(
        "partition",
        "of a partition",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")',
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10) PARTITION BY LIST (b)\')\nafter(\'CREATE TABLE p11 PARTITION OF p1 FOR VALUES IN (1, 2)\')',
    ),
    Case(
        "partition",
        "default",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")',
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t DEFAULT\')',
    ),
    Case(
        "partition",
        "by hash",
        'Table("t", m, Column("a", Integer), postgresql_partition_by="HASH (a)")',
        'Table("t", m, Column("a", Integer), postgresql_partition_by="HASH (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES WITH (modulus 2, remainder 0)\')\nafter(\'CREATE TABLE p2 PARTITION OF t FOR VALUES WITH (modulus 2, remainder 1)\')',
    ),
    Case(
        "partition",
        "bounds",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (20)\')',
    ),
    Case(
        "partition",
        "attached",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nTable("p1", m, Column("a", Integer), Column("b", Integer))',
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nTable("p1", m, Column("a", Integer), Column("b", Integer))\nafter(\'ALTER TABLE t ATTACH PARTITION p1 FOR VALUES FROM (0) TO (10)\')',
        rows="INSERT INTO p1 VALUES (1, 1)",
    ),
    Case(
        "partition",
        "index of all partitions",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        'Table("t", m, Column("a", Integer), Column("b", Integer), Index("ti", "a"), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        rows="INSERT INTO t VALUES (1, 1)",
    ),
    Case(
        "partition",
        "added under an index",
        'Table("t", m, Column("a", Integer), Column("b", Integer), Index("ti", "a"), postgresql_partition_by="RANGE (a)")',
        'Table("t", m, Column("a", Integer), Column("b", Integer), Index("ti", "a"), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
    ),
    Case(
        "partition",
        "index changed",
        'Table("t", m, Column("a", Integer), Column("b", Integer), Index("ti", "a"), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        'Table("t", m, Column("a", Integer), Column("b", Integer), Index("ti", "a", "b"), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
    ),
    Case(
        "partition",
        "primary key",
        'Table("t", m, Column("a", Integer, nullable=False), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        'Table("t", m, Column("a", Integer, primary_key=True, autoincrement=False), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
    ),
    Case(
        "partition",
        "column added",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        'Table("t", m, Column("a", Integer), Column("b", Integer), Column("c", Text), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        rows="INSERT INTO t VALUES (1, 1)",
    ),
    Case(
        "partition",
        "column retyped",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        'Table("t", m, Column("a", Integer), Column("b", Text), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        rows="INSERT INTO t VALUES (1, 1)",
    ),
    Case(
        "partition",
        "column default",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        'Table("t", m, Column("a", Integer), Column("b", Integer, server_default="3"), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        rows="INSERT INTO t VALUES (1, 1)",
    ),
    Case(
        "partition",
        "CHECK",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        'Table("t", m, Column("a", Integer), Column("b", Integer), CheckConstraint("b > 0", name="c"), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        rows="INSERT INTO t VALUES (1, 1)",
    ),
    Case(
        "partition",
        "NOT NULL",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        'Table("t", m, Column("a", Integer), Column("b", Integer, nullable=False), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        rows="INSERT INTO t VALUES (1, 1)",
    ),
    Case(
        "partition",
        "foreign key from it",
        'Table("r", m, Column("id", Integer, primary_key=True))\nTable("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        'Table("r", m, Column("id", Integer, primary_key=True))\nTable("t", m, Column("a", Integer), Column("b", Integer, ForeignKey("r.id")), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
    ),
    Case(
        "partition",
        "foreign key to it",
        'Table("t", m, Column("a", Integer, primary_key=True), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')\nTable("u", m, Column("x", Integer))',
        'Table("t", m, Column("a", Integer, primary_key=True), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')\nTable("u", m, Column("x", Integer, ForeignKey("t.a")))',
    ),
    Case(
        "partition",
        "dropped with its table",
        'Table("t", m, Column("a", Integer), Column("b", Integer), Index("ti", "a"), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        "",
    ),
    Case(
        "partition",
        "trigger of all partitions",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')\nbefore(\'CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ begin return new; end $$\')',
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')\nbefore(\'CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ begin return new; end $$\')\nafter(\'CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()\')',
    ),
    Case(
        "partition",
        "comment and grant",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')',
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter(\'CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)\')\nafter("COMMENT ON TABLE p1 IS \'first\'")\nafter(\'GRANT SELECT ON p1 TO PUBLIC\')',
    ),
    Case(
        "inheritance",
        "column of the parent",
        "table(Column(\"a\", Integer))\nafter('CREATE TABLE k (b int) INHERITS (t)')",
        'table(Column("a", Integer), Column("c", Text))\nafter(\'CREATE TABLE k (b int) INHERITS (t)\')',
    ),
    Case(
        "inheritance",
        "CHECK NO INHERIT",
        "table(Column(\"a\", Integer))\nafter('CREATE TABLE k (b int) INHERITS (t)')",
        "table(Column(\"a\", Integer))\nafter('CREATE TABLE k (b int) INHERITS (t)')\nafter('ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NO INHERIT')",
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "inheritance",
        "NOT NULL NO INHERIT",
        "table(Column(\"a\", Integer))\nafter('CREATE TABLE k (b int) INHERITS (t)')",
        "table(Column(\"a\", Integer))\nafter('CREATE TABLE k (b int) INHERITS (t)')\nafter('ALTER TABLE t ADD CONSTRAINT nn NOT NULL a NO INHERIT')",
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
        since=18,
    ),
    Case(
        "partition",
        "of a partition, with a CHECK on the table",
        'Table("t", m, Column("a", Integer), Column("b", Integer), postgresql_partition_by="RANGE (a)")\nafter("CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (1) TO (9) PARTITION BY LIST (b)")',
        'Table("t", m, Column("a", Integer), Column("b", Integer), CheckConstraint("a > 0", name="c"), postgresql_partition_by="RANGE (a)")\nafter("CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (1) TO (9) PARTITION BY LIST (b)")\nafter("CREATE TABLE p2 PARTITION OF p1 FOR VALUES IN (7)")',
    ),
]
