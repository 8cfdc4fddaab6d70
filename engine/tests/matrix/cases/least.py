"""The matrix of what stands beside a change, and is not to be touched by it."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import TRIGGER_FUNCTION, after

BESIDE = (
    'v = PGView("public", "v", "select id, c from t")\n'
    'w = PGMaterializedView("public", "w", "select count(*) as n from t")\n'
    + TRIGGER_FUNCTION
    + after(
        "CREATE UNIQUE INDEX wi ON w (n)",
        "CREATE TRIGGER g BEFORE UPDATE OF c ON t FOR EACH ROW EXECUTE FUNCTION tf()",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p ON t USING (c > 0)",
        "CREATE STATISTICS st ON c, d FROM t",
        "GRANT SELECT ON v, w, t TO PUBLIC",
        "COMMENT ON VIEW v IS 'x'",
    )
)

# An enum, and columns that nothing but what stands beside them uses.
STATE = 'Column("a", Enum({}, name="state"))'
OTHERS = 'Column("c", Integer), Column("d", Integer)'
TWO, THREE = "'x', 'y'", "'x', 'y', 'z'"

KEY = 'Table("u", m, Column("id", Integer, primary_key=True))\n'


def beside(columns: str) -> str:
    """Return models of a table of columns, and what stands beside them."""
    return f"table({columns}, {OTHERS})\n{BESIDE}"


CASES = [
    Case(
        "beside",
        "enum value removed",
        beside(STATE.format(THREE)),
        beside(STATE.format(TWO)),
        rows="INSERT INTO t (id, a) VALUES (1, 'x')",
        keeps="SELECT id, a::text FROM t",
    ),
    Case(
        "beside",
        "column retyped",
        beside('Column("a", Integer)'),
        beside('Column("a", Text)'),
        rows="INSERT INTO t (id, a) VALUES (1, 1)",
    ),
    Case(
        "beside",
        "column dropped",
        beside('Column("a", Integer)'),
        beside('Column("b", Integer)'),
    ),
    Case(
        "beside",
        "column widened under a generated one and a foreign key",
        KEY
        + beside(
            'Column("a", String(20)), Column("b", Text, Computed("lower(a)")), '
            'Column("u", Integer, ForeignKey("u.id", name="fk"))'
        ),
        KEY
        + beside(
            'Column("a", String(300)), Column("b", Text, Computed("lower(a)")), '
            'Column("u", Integer, ForeignKey("u.id", name="fk"))'
        ),
        rows="INSERT INTO t (id, a) VALUES (1, 'x')",
        keeps="SELECT id, a, b FROM t",
    ),
    Case(
        "beside",
        "one column of a foreign key widened",
        KEY + beside('Column("u", Integer, ForeignKey("u.id", name="fk"))'),
        KEY + beside('Column("u", BigInteger, ForeignKey("u.id", name="fk"))'),
    ),
    Case(
        "beside",
        "two columns of other types",
        beside('Column("title", String(200)), Column("votes", SmallInteger)'),
        beside('Column("title", String(300)), Column("votes", Integer)'),
    ),
    Case(
        "beside",
        "view with one column more",
        beside('Column("a", Integer)') + 'z = PGView("public", "z", "select id from v")\n',
        beside('Column("a", Integer)').replace("id, c from", "id, c, d from")
        + 'z = PGView("public", "z", "select id from v")\n',
    ),
    Case(
        "beside",
        "view with another condition, under a view",
        beside('Column("a", Integer)') + 'z = PGView("public", "z", "select id from v")\n',
        beside('Column("a", Integer)').replace("id, c from t", "id, c from t where a > 0")
        + 'z = PGView("public", "z", "select id from v")\n',
    ),
    Case(
        "beside",
        "trigger with another event",
        beside('Column("a", Integer)'),
        beside('Column("a", Integer)').replace("UPDATE OF c", "INSERT OR UPDATE OF c"),
        says=("CREATE OR REPLACE TRIGGER",),
    ),
    Case(
        "beside",
        "generated expression under a materialized view",
        beside('Column("a", Integer), Column("b", Integer, Computed("a + 1"))')
        + 'y = PGMaterializedView("public", "y", "select b from t")\n',
        beside('Column("a", Integer), Column("b", Integer, Computed("a + 2"))')
        + 'y = PGMaterializedView("public", "y", "select b from t")\n',
        rows="INSERT INTO t (id, a) VALUES (1, 1)",
    ),
]
