"""The matrix of tables."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = [
    Case(
        "table",
        "added",
        "",
        'table(Column("a", Integer))',
    ),
    Case(
        "table",
        "storage parameters",
        'table(Column("a", Integer))',
        'table(Column("a", Integer), postgresql_with={"fillfactor": "70"})',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "table",
        "changed storage parameters",
        'table(Column("a", Integer), postgresql_with={"fillfactor": "70"})',
        'table(Column("a", Integer), postgresql_with={"fillfactor": "80", "autovacuum_enabled": "false"})',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "table",
        "UNLOGGED",
        'table(Column("a", Integer))',
        'table(Column("a", Integer), prefixes=["UNLOGGED"])',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "table",
        "comment",
        'table(Column("a", Integer))',
        'table(Column("a", Integer), comment="it\'s 100% :new")',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "table",
        "inheritance",
        'table(Column("a", Integer))\nTable("t2", m, Column("a", Integer))',
        'table(Column("a", Integer))\nTable("t2", m, Column("a", Integer), Column("id", BigInteger, nullable=False), postgresql_inherits="t")',
    ),
    Case(
        "table",
        "replica identity",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\nafter("ALTER TABLE t REPLICA IDENTITY FULL")',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "table",
        "row security forced",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\nafter("ALTER TABLE t FORCE ROW LEVEL SECURITY")',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "table",
        "partitioned",
        "",
        'Table("t", m, Column("a", Integer), postgresql_partition_by="RANGE (a)")',
    ),
    Case(
        "table",
        "partition added",
        'Table("t", m, Column("a", Integer), postgresql_partition_by="RANGE (a)")',
        'Table("t", m, Column("a", Integer), postgresql_partition_by="RANGE (a)")\nafter("CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)")',
    ),
    Case(
        "table",
        "partition detached",
        'Table("t", m, Column("a", Integer), postgresql_partition_by="RANGE (a)")\nafter("CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)")',
        'Table("t", m, Column("a", Integer), postgresql_partition_by="RANGE (a)")\nTable("p1", m, Column("a", Integer))',
    ),
    Case(
        "table",
        "odd names",
        "",
        'Table("Odd \\"T", m, Column("select", BigInteger, primary_key=True), Column("Ünï é", Text, server_default="a:b %(x)s \\\\:c"), CheckConstraint("\\"select\\" % 2 = 0", name="per cent"))',
    ),
    Case(
        "table",
        "name of 63 bytes",
        "",
        'Table("t" * 63, m, Column("c" * 63, BigInteger, primary_key=True), Column("b", Text, index=True))',
    ),
    Case(
        "schema",
        "added",
        "",
        'table(schema="other")',
    ),
    Case(
        "schema",
        "two tables moved",
        'table(Column("a", Integer))',
        'table(Column("a", Integer), schema="Other place")',
    ),
]
