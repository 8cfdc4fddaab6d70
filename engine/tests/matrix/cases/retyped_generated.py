"""Generated columns whose type changes along with the type of what they are made of."""

from tests.matrix.case import Case

# Retyped first, the generated column would be written once more than needed.
_RETYPED = ("existing_server_default=sa.Computed(",)


def _case(name: str, before: str, after: str, *, since: int = 0) -> Case:
    return Case(
        "retyped generated",
        name,
        f"table({before})",
        f"table({after})",
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
        keeps="SELECT id, a::text, b::text FROM t ORDER BY id",
        since=since,
        says=("op.drop_column('t', 'b')",),
        avoids=_RETYPED,
    )


CASES = [
    _case(
        "stored",
        'Column("a", Integer), Column("b", Integer, Computed("a * 2", persisted=True))',
        'Column("a", BigInteger), Column("b", BigInteger, Computed("a * 2", persisted=True))',
    ),
    _case(
        "virtual",
        'Column("a", Integer), Column("b", Integer, Computed("a * 2", persisted=False))',
        'Column("a", BigInteger), Column("b", BigInteger, Computed("a * 2", persisted=False))',
        since=18,
    ),
    _case(
        "stored, NOT NULL, with an index and a comment",
        'Column("a", String(10)), Column("b", String(10), Computed("upper(a)", persisted=True), index=True)',
        'Column("a", String(20)), Column("b", String(20), Computed("upper(a)", persisted=True), nullable=False, index=True, comment="of a")',
    ),
    _case(
        "stored, of two columns, one of which changes",
        'Column("a", Integer), Column("c", Integer), Column("b", Integer, Computed("a + coalesce(c, 0)", persisted=True))',
        'Column("a", Integer), Column("c", BigInteger), Column("b", BigInteger, Computed("a + coalesce(c, 0)", persisted=True))',
    ),
]
