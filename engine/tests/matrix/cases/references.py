"""The matrix of constraints and indexes that hold each other and columns fast."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = [
    Case(
        "index",
        "expression over a retyped column",
        'table(Column("a", Integer), Index("i", text("(a + 1)")))',
        'table(Column("a", BigInteger), Index("i", text("(a + 1)")))',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "CHECK",
        "over a retyped column",
        'table(Column("a", Integer), CheckConstraint("a::text <> \'\'", name="c"))',
        'table(Column("a", Text), CheckConstraint("a::text <> \'\'", name="c"))',
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "FOREIGN KEY",
        "both columns retyped",
        'Table("r", m, Column("id", Integer, primary_key=True, autoincrement=False))\nTable("s", m, Column("b", Integer, ForeignKey("r.id", name="fk")))',
        'Table("r", m, Column("id", Text, primary_key=True, autoincrement=False))\nTable("s", m, Column("b", Text, ForeignKey("r.id", name="fk")))',
        rows="INSERT INTO r VALUES (1); INSERT INTO s VALUES (1)",
    ),
    Case(
        "FOREIGN KEY",
        "NOT VALID",
        'table(Column("a", BigInteger))',
        "table(Column(\"a\", BigInteger))\nafter('ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES t (id) NOT VALID')",
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    ),
    Case(
        "FOREIGN KEY",
        "NOT ENFORCED",
        'table(Column("a", BigInteger))',
        "table(Column(\"a\", BigInteger))\nafter('ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES t (id) NOT ENFORCED')",
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
        since=18,
    ),
    Case(
        "FOREIGN KEY",
        "references swapped",
        'Table("x", m, Column("id", Integer, primary_key=True), Column("r", Integer, ForeignKey("y.id", name="fk")))\nTable("y", m, Column("id", Integer, primary_key=True), Column("r", Integer))',
        'Table("x", m, Column("id", Integer, primary_key=True), Column("r", Integer))\nTable("y", m, Column("id", Integer, primary_key=True), Column("r", Integer, ForeignKey("x.id", name="fk")))',
    ),
    Case(
        "FOREIGN KEY",
        "to a new unique constraint",
        'Table("x", m, Column("id", Integer, primary_key=True), Column("k", Integer))\nTable("y", m, Column("r", Integer))',
        'Table("x", m, Column("id", Integer, primary_key=True), Column("k", Integer, unique=True))\nTable("y", m, Column("r", Integer, ForeignKey("x.k")))',
    ),
    Case(
        "FOREIGN KEY",
        "SET NULL of one column",
        'Table("x", m, Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True))\nTable("y", m, Column("a", Integer), Column("b", Integer), ForeignKeyConstraint(["a", "b"], ["x.a", "x.b"], name="fk", ondelete="SET NULL"))',
        'Table("x", m, Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True))\nTable("y", m, Column("a", Integer), Column("b", Integer), ForeignKeyConstraint(["a", "b"], ["x.a", "x.b"], name="fk", ondelete="SET NULL (b)"))',
    ),
    Case(
        "FOREIGN KEY",
        "PERIOD",
        'before(\'CREATE EXTENSION IF NOT EXISTS btree_gist\')\nTable("x", m, Column("id", Integer), Column("d", DATERANGE))\nTable("y", m, Column("id", Integer), Column("d", DATERANGE))',
        'before(\'CREATE EXTENSION IF NOT EXISTS btree_gist\')\nTable("x", m, Column("id", Integer), Column("d", DATERANGE))\nTable("y", m, Column("id", Integer), Column("d", DATERANGE))\nafter(\'ALTER TABLE x ADD CONSTRAINT k UNIQUE (id, d WITHOUT OVERLAPS)\')\nafter(\'ALTER TABLE y ADD CONSTRAINT fk FOREIGN KEY (id, PERIOD d) REFERENCES x (id, PERIOD d)\')',
        rows="INSERT INTO x VALUES (1, '[2020-01-01,2021-01-01)'); INSERT INTO y SELECT * FROM x",
        since=18,
    ),
    Case(
        "PRIMARY KEY",
        "WITHOUT OVERLAPS",
        'before(\'CREATE EXTENSION IF NOT EXISTS btree_gist\')\nTable("x", m, Column("id", Integer), Column("d", DATERANGE))',
        'before(\'CREATE EXTENSION IF NOT EXISTS btree_gist\')\nTable("x", m, Column("id", Integer), Column("d", DATERANGE))\nafter(\'ALTER TABLE x ADD CONSTRAINT k PRIMARY KEY (id, d WITHOUT OVERLAPS)\')',
        rows="INSERT INTO x VALUES (1, '[2020-01-01,2021-01-01)')",
        since=18,
    ),
    Case(
        "PRIMARY KEY",
        "DEFERRABLE",
        'Table("x", m, Column("id", Integer), PrimaryKeyConstraint("id", name="k"))',
        'Table("x", m, Column("id", Integer), PrimaryKeyConstraint("id", name="k", deferrable=True))',
        rows="INSERT INTO x VALUES (1)",
    ),
    Case(
        "PRIMARY KEY",
        "under a foreign key",
        'Table("x", m, Column("id", Integer), PrimaryKeyConstraint("id", name="k"))\nTable("y", m, Column("r", Integer, ForeignKey("x.id", name="fk")))',
        'Table("x", m, Column("id", Integer), PrimaryKeyConstraint("id", name="k2"))\nTable("y", m, Column("r", Integer, ForeignKey("x.id", name="fk")))',
        rows="INSERT INTO x VALUES (1); INSERT INTO y VALUES (1)",
    ),
    Case(
        "NOT NULL",
        "NOT VALID",
        'table(Column("a", Integer))',
        "table(Column(\"a\", Integer))\nafter('ALTER TABLE t ADD CONSTRAINT nn NOT NULL a NOT VALID')",
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
        since=18,
    ),
    Case(
        "UNIQUE",
        "fillfactor",
        'Table("x", m, Column("id", Integer), UniqueConstraint("id", name="k"))',
        'Table("x", m, Column("id", Integer))\nafter(\'ALTER TABLE x ADD CONSTRAINT k UNIQUE (id) WITH (fillfactor=50)\')',
    ),
]
