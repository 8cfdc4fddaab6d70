"""Generated columns that come, go or are renamed while what they are made of changes its type."""

from tests.matrix.case import Case

_BASE = 'Column("a", Integer)'
_WIDER = 'Column("a", BigInteger)'
_G = 'Column("g", Integer, Computed("a * 2", persisted=True), index=True)'
_RENAMED = 'Column("h", BigInteger, Computed("a * 2", persisted=True), index=True, info={"renamed_from": "g"})'
_CHECK = 'CheckConstraint("%s > 0", name="positive")'


def _case(
    name: str, before: str, after: str, *, says: str = "", avoids: tuple[str, ...] = ()
) -> Case:
    return Case(
        "generated and types",
        name,
        f"table({before})",
        f"table({after})",
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
        keeps="SELECT id, a FROM t ORDER BY id",
        says=(says,) if says else (),
        # Made before the type changes, it would go again for that.
        avoids=avoids or ("USING a::bigint", 'postgresql_using="a::bigint"'),
    )


CASES = [
    _case("comes", _BASE, f"{_WIDER}, {_G}, {_CHECK % 'g'}"),
    _case("goes", f"{_BASE}, {_G}, {_CHECK % 'g'}", _WIDER),
    _case(
        "is renamed",
        f"{_BASE}, {_G}, {_CHECK % 'g'}",
        f"{_WIDER}, {_RENAMED}, {_CHECK % 'h'}",
        says="op.drop_column('t', 'g')",
        avoids=("new_column_name", "RENAME"),
    ),
    _case(
        "one comes, one goes",
        f"{_BASE}, {_G}",
        f'{_WIDER}, Column("k", BigInteger, Computed("a + 1", persisted=True), unique=True)',
    ),
    _case(
        "one comes, one stays",
        f'{_BASE}, Column("b", Integer, Computed("a * 3", persisted=True))',
        f'{_WIDER}, Column("b", Integer, Computed("a * 3", persisted=True)), {_G}',
        avoids=("op.create_index(op.f(",),  # made before the type changes, it would go again
    ),
    _case(
        "becomes plain",
        f'{_BASE}, Column("g", Integer, Computed("a * 2", persisted=True))',
        f'{_WIDER}, Column("g", Integer)',
        avoids=("op.drop_index",),
    ),
]
