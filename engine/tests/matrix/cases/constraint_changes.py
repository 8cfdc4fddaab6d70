"""The matrix of constraints and indexes, dropped, renamed and under others."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import KEPT, ROWS, TABLE, after, before

CASES = [
    Case(
        "CHECK",
        "added and dropped",
        TABLE,
        'table(Column("a", Integer), CheckConstraint("a > 0", name="c"))',
        rows=ROWS,
        keeps=KEPT,
    ),
    Case(
        "CHECK",
        "renamed",
        'table(Column("a", Integer), CheckConstraint("a > 0", name="c"))',
        'table(Column("a", Integer), CheckConstraint("a > 0", name="d"))',
        rows=ROWS,
        keeps=KEPT,
    ),
    Case(
        "CHECK",
        "of a boolean and an enum type",
        TABLE,
        'table(Column("a", Integer), Column("f", Boolean(create_constraint=True, name="bool")), Column("e", Enum("x", "y", native_enum=False, create_constraint=True, name="en")))',
        rows=ROWS,
    ),
    Case(
        "CHECK",
        "value added to its list",
        'table(Column("e", Enum("x", "y", native_enum=False, create_constraint=True, name="en")))',
        'table(Column("e", Enum("x", "y", "long one", native_enum=False, create_constraint=True, name="en")))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "CHECK",
        "NOT VALID becomes valid",
        TABLE + after("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID"),
        TABLE + after("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)"),
        rows=ROWS,
        keeps=KEPT,
    ),
    Case(
        "UNIQUE",
        "becomes the primary key",
        'Table("t", m, Column("a", Integer, nullable=False), UniqueConstraint("a", name="u"))',
        'Table("t", m, Column("a", Integer, nullable=False), PrimaryKeyConstraint("a", name="u"))',
        rows="INSERT INTO t VALUES (1)",
    ),
    Case(
        "UNIQUE",
        "becomes an index",
        'table(Column("a", Integer), UniqueConstraint("a", name="u"))',
        'table(Column("a", Integer), Index("u", "a", unique=True))',
        rows=ROWS,
        keeps=KEPT,
    ),
    Case(
        "UNIQUE",
        "under a foreign key, changed",
        'table(Column("a", Integer), Column("b", Integer), UniqueConstraint("a", name="u"))\nTable("w", m, Column("r", Integer, ForeignKey("t.a", name="fk")))',
        'table(Column("a", Integer), Column("b", Integer), UniqueConstraint("a", name="u", postgresql_include=["b"]))\nTable("w", m, Column("r", Integer, ForeignKey("t.a", name="fk")))',
        rows=ROWS,
        keeps=KEPT,
    ),
    Case(
        "UNIQUE",
        "WITHOUT OVERLAPS",
        before("CREATE EXTENSION IF NOT EXISTS btree_gist")
        + 'table(Column("d", DATERANGE))\n'
        + after("ALTER TABLE t ADD CONSTRAINT k UNIQUE (id, d)"),
        before("CREATE EXTENSION IF NOT EXISTS btree_gist")
        + 'table(Column("d", DATERANGE))\n'
        + after("ALTER TABLE t ADD CONSTRAINT k UNIQUE (id, d WITHOUT OVERLAPS)"),
        since=18,
    ),
    Case(
        "PRIMARY KEY",
        "dropped",
        'Table("t", m, Column("a", Integer, primary_key=True, autoincrement=False))',
        'Table("t", m, Column("a", Integer, nullable=False))',
        rows="INSERT INTO t VALUES (1)",
    ),
    Case(
        "PRIMARY KEY",
        "moves to a new column under a foreign key",
        'Table("t", m, Column("a", Integer, primary_key=True, autoincrement=False))\nTable("w", m, Column("r", Integer, ForeignKey("t.a", name="fk")))',
        'Table("t", m, Column("a", Integer, nullable=False, unique=True), Column("b", Integer, Identity(), primary_key=True))\nTable("w", m, Column("r", Integer, ForeignKey("t.a", name="fk")))',
        rows="INSERT INTO t VALUES (1); INSERT INTO w VALUES (1)",
    ),
    Case(
        "PRIMARY KEY",
        "INCLUDE",
        'Table("t", m, Column("a", Integer), Column("b", Integer), PrimaryKeyConstraint("a", name="k"))',
        'Table("t", m, Column("a", Integer), Column("b", Integer))\n'
        + after("ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a) INCLUDE (b)"),
        rows="INSERT INTO t VALUES (1)",
    ),
    Case(
        "EXCLUDE",
        "added",
        'table(Column("r", INT4RANGE))',
        'table(Column("r", INT4RANGE), ExcludeConstraint(("r", "&&"), name="x", using="gist", deferrable=True, initially="DEFERRED"))',
    ),
    Case(
        "EXCLUDE",
        "expression and method",
        'table(Column("a", Integer), ExcludeConstraint(("a", "="), name="x", using="btree"))',
        'table(Column("a", Integer), ExcludeConstraint((text("int4range(a, a + 1)"), "&&"), name="x", using="gist"))',
        rows=ROWS,
        keeps=KEPT,
    ),
    Case(
        "FOREIGN KEY",
        "target",
        'Table("x", m, Column("id", Integer, primary_key=True))\nTable("y", m, Column("id", Integer, primary_key=True))\nTable("w", m, Column("r", Integer, ForeignKey("x.id", name="fk")))',
        'Table("x", m, Column("id", Integer, primary_key=True))\nTable("y", m, Column("id", Integer, primary_key=True))\nTable("w", m, Column("r", Integer, ForeignKey("y.id", name="fk")))',
    ),
    Case(
        "FOREIGN KEY",
        "valid, enforced",
        TABLE
        + after(
            "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES t (id) NOT VALID"
        ).replace("(a)", "(id)"),
        TABLE + after("ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES t (id)"),
        rows=ROWS,
        keeps=KEPT,
    ),
    Case(
        "FOREIGN KEY",
        "PERIOD dropped with its tables",
        before("CREATE EXTENSION IF NOT EXISTS btree_gist")
        + 'Table("x", m, Column("id", Integer), Column("d", DATERANGE))\nTable("y", m, Column("id", Integer), Column("d", DATERANGE))\n'
        + after(
            "ALTER TABLE x ADD CONSTRAINT k UNIQUE (id, d WITHOUT OVERLAPS)",
            "ALTER TABLE y ADD CONSTRAINT fk FOREIGN KEY (id, PERIOD d) REFERENCES x (id, PERIOD d)",
        ),
        before("CREATE EXTENSION IF NOT EXISTS btree_gist"),
        since=18,
    ),
    Case(
        "NOT NULL",
        "renamed",
        'table(Column("a", Integer))\n' + after("ALTER TABLE t ADD CONSTRAINT one NOT NULL a"),
        'table(Column("a", Integer))\n' + after("ALTER TABLE t ADD CONSTRAINT two NOT NULL a"),
        since=18,
        rows=ROWS,
        keeps=KEPT,
    ),
    Case(
        "NOT NULL",
        "comment on a named one",
        'table(Column("a", Integer))\n' + after("ALTER TABLE t ADD CONSTRAINT one NOT NULL a"),
        'table(Column("a", Integer))\n'
        + after(
            "ALTER TABLE t ADD CONSTRAINT one NOT NULL a", "COMMENT ON CONSTRAINT one ON t IS 'x'"
        ),
        since=18,
    ),
    Case(
        "CHECK",
        "enforced",
        TABLE + after("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED"),
        TABLE + after("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)"),
        since=18,
        rows=ROWS,
        keeps=KEPT,
    ),
    Case(
        "index",
        "renamed and dropped",
        'table(Column("a", Text), Index("i", "a"), Index("j", "id"))',
        'table(Column("a", Text), Index("k", "a"))',
    ),
    Case(
        "index",
        "tablespace and BRIN options",
        'table(Column("a", Integer), Index("i", "a", postgresql_using="brin"))',
        'table(Column("a", Integer), Index("i", "a", postgresql_using="brin", postgresql_with={"autosummarize": "on", "pages_per_range": 8}))',
    ),
    Case(
        "index",
        "clustered and replica identity, changed",
        'table(Column("a", Integer, nullable=False), Index("i", "a", unique=True))\n'
        + after(
            "ALTER TABLE t CLUSTER ON i",
            "ALTER TABLE t REPLICA IDENTITY USING INDEX i",
            "COMMENT ON INDEX i IS 'x'",
        ),
        'table(Column("a", Integer, nullable=False), Index("i", text("a DESC"), unique=True))\n'
        + after(
            "ALTER TABLE t CLUSTER ON i",
            "ALTER TABLE t REPLICA IDENTITY USING INDEX i",
            "COMMENT ON INDEX i IS 'x'",
        ),
        rows=ROWS,
    ),
    Case(
        "index",
        "over a new column and function, predicate of both",
        TABLE,
        'f = PGFunction("public", "f(a int)", "returns int language sql immutable as $$ select a $$")\ntable(Column("a", Integer), Column("b", Integer), Index("i", text("f(b)"), text("(a + b) DESC"), postgresql_where=text("f(a) > 0 and b is not null"), postgresql_include=["id"]))',
        rows=ROWS,
    ),
    Case(
        "FOREIGN KEY",
        "circular dropped",
        'Table("a", m, Column("id", BigInteger, primary_key=True), Column("b", BigInteger, ForeignKey("b.id", use_alter=True, name="a_fk")))\nTable("b", m, Column("id", BigInteger, primary_key=True), Column("a", BigInteger, ForeignKey("a.id", name="b_fk")))',
        'Table("a", m, Column("id", BigInteger, primary_key=True))',
    ),
    Case(
        "constraint",
        "declared NOT VALID, on rows that violate it",
        'table(Column("a", Integer), Column("b", BigInteger))',
        'table(Column("a", Integer), Column("b", BigInteger), CheckConstraint("a > 0", name="c", postgresql_not_valid=True), ForeignKeyConstraint(["b"], ["t.id"], name="f", postgresql_not_valid=True))',
        rows="INSERT INTO t VALUES (1, -1, 7)",
        says=("postgresql_not_valid=True",),
    ),
    Case(
        "constraint",
        "declared NOT VALID, then valid",
        'table(Column("a", Integer), Column("b", BigInteger), CheckConstraint("a > 0", name="c", postgresql_not_valid=True), ForeignKeyConstraint(["b"], ["t.id"], name="f", postgresql_not_valid=True))',
        'table(Column("a", Integer), Column("b", BigInteger), CheckConstraint("a > 0", name="c"), ForeignKeyConstraint(["b"], ["t.id"], name="f"))',
        rows="INSERT INTO t VALUES (1, 1, 1)",
        says=("VALIDATE CONSTRAINT c", "VALIDATE CONSTRAINT f"),
    ),
]
