"""Tables of another schema, of which env.py says nothing: hints are heard, and no detour is made."""

from tests.matrix.case import Case

_ROWS = "INSERT INTO app.t (id, a, b) VALUES (1, 'x', 1), (2, 'y', NULL)"


def _table(*parts: str) -> str:
    return f'table({", ".join(parts)}, schema="app")'


_A, _B = 'Column("a", String(10))', 'Column("b", Integer)'

CASES = [
    Case(
        "hints in schemas",
        "backfill",
        _table(_A, _B),
        _table(_A, 'Column("b", Integer, nullable=False, info={"backfill": "7"})'),
        rows=_ROWS,
        keeps="SELECT id, coalesce(b, 7) FROM app.t ORDER BY id",
        keeps_after="SELECT id, b FROM app.t ORDER BY id",
        says=("UPDATE app.t SET b = 7",),
    ),
    Case(
        "hints in schemas",
        "using",
        _table(_A, _B),
        _table(
            'Column("a", Integer, info={"using": "length(a)", "using_back": "repeat(\'x\', a)"})',
            _B,
        ),
        rows=_ROWS,
        keeps="SELECT id, length(a) FROM app.t ORDER BY id",
        keeps_after="SELECT id, a FROM app.t ORDER BY id",
        says=("length(a)",),
    ),
    Case(
        "hints in schemas",
        "renamed column with a default for old rows",
        _table(_A, _B),
        _table(
            'Column("c", String(10), info={"renamed_from": "a"})',
            'Column("b", Integer, nullable=False, server_default="3")',
        ),
        rows=_ROWS,
        keeps="SELECT id, a, coalesce(b, 3) FROM app.t ORDER BY id",
        keeps_after="SELECT id, c, b FROM app.t ORDER BY id",
        says=("UPDATE app.t SET b = '3'",),
    ),
    Case(
        "hints in schemas",
        "last table of a schema",
        _table(_A, _B),
        'table(Column("a", Integer), name="other")',
        says=('op.drop_table("t", schema="app")',),
        avoids=("DROP SEQUENCE", "op.drop_constraint"),
    ),
    Case(
        "hints in schemas",
        "type, index and foreign key",
        'table(Column("a", Integer), name="other")\n' + _table(_A, _B),
        'table(Column("a", BigInteger), name="other")\n'
        + _table(
            'Column("a", String(20), index=True)',
            'Column("b", BigInteger, ForeignKey("other.id", name="fk"))',
        ),
        avoids=("postgresql_using",),
    ),
]
