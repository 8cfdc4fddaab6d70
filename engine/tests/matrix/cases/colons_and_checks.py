"""Texts of the models that are the revision's own: with colons, and of columns' CHECKs."""

from tests.matrix.case import Case

_COLONS = """
table(
    Column("a", Text, server_default=text("'x \\\\:b%d'")),
    Column("g", Text, Computed("a || ' \\\\:c%d'", persisted=True)),
    Column("z", Text, CheckConstraint("z <> ' \\\\:y%d'", name="zc")),
    CheckConstraint("a ~ '^(?\\\\:ab%d|cd)$'", name="c"),
    Index("i", text("(a || ' \\\\:d%d')"), postgresql_where=text("a <> ' \\\\:e%d'")),
)
"""
_COLUMN_CHECKS = """
table(
    Column("a", Text, CheckConstraint("a IN ('x', 'y')", name="ac")),
    Column("b", Integer, CheckConstraint("b > 0")),
    Column("c", Boolean(create_constraint=True, name="cc")),
)
"""
_VIRTUAL = """
table(Column("a", Integer), Column("g", Integer, Computed("a * %d")), Column("b", Integer)%s)
v = PGView("public", "v", "SELECT id, g FROM t")
w = PGView("public", "w", "SELECT id, a FROM t")
"""


def _virtual(name: str, constraint: str, made: str = "") -> Case:
    before, after = (_VIRTUAL % (factor, constraint) + made for factor in (2, 3))
    return Case(
        "colons and checks",
        f"virtual column {name}",
        before,
        after,
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
        keeps="SELECT id, a FROM t ORDER BY id",
        since=18,
        avoids=("VIEW public.w",),
    )


CASES = [
    Case(
        "colons and checks",
        "colons in a new table",
        "",
        _COLONS % ((1,) * 6),
        avoids=("NULL'", "?NULL", "op.drop_constraint", "op.drop_index"),
    ),
    Case(
        "colons and checks",
        "colons that change",
        _COLONS % ((1,) * 6),
        _COLONS % ((2,) * 6),
        avoids=("NULL'",),
    ),
    Case(
        "colons and checks",
        "CHECKs of columns in a new table",
        "",
        _COLUMN_CHECKS,
        avoids=("ARRAY", "op.drop_constraint"),
    ),
    _virtual("beside a CHECK", ', CheckConstraint("b > 0", name="c")'),
    _virtual("with a CHECK", ', CheckConstraint("g > 0", name="c")'),
    _virtual("of a published table", "", "after('CREATE PUBLICATION p FOR TABLE t (id, a)')"),
    Case(
        "colons and checks",
        "apostrophe in a serial's table",
        """Table("o'clock", m, Column("id", Integer, primary_key=True), Column("x", Integer))""",
        """Table("o'clock", m, Column("id", Integer, primary_key=True), Column("x", BigInteger))""",
        rows="""INSERT INTO "o'clock" (x) VALUES (1), (2)""",
    ),
]
