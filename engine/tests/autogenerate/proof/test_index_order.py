"""An index goes once the one that replaces it is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.matrix.inside import there

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

ONE = 'table(Column("a", Integer), Column("b", Text){})\n'
OLD = ONE.format(', Index("old", "a")')

# Models after, and the operations on indexes, in their order.
CHANGES = {
    "by another name": (ONE.format(', Index("new", "a", "b")'), ["create new", "drop old"]),
    "by its own name": (ONE.format(', Index("old", "a", "b")'), ["drop old", "create old"]),
    "with its column": (
        'table(Column("b", Text), Index("new", "b"))\n',
        ["create new", "drop old"],
    ),
    "without another one": (ONE.format(""), ["drop old"]),
}

KEYS = (
    'table(Column("a", Integer), Column("b", Text), Column("c", Text, nullable=False), '
    'UniqueConstraint("{}", name="{}"){}, Index("i1", {}), Index("i2", {}))\n'
)
BOTH = ', UniqueConstraint({}, name="u2")'


@pytest.mark.parametrize("name", CHANGES)
def test_in_this_order(databases: ScratchServer, name: str) -> None:
    new, wanted = CHANGES[name]
    change = there(databases, OLD, new)
    found = re.findall(r"op\.(create|drop)_index\(\s*(?:op\.f\()?'(\w+)'", change.up)
    assert [" ".join(one) for one in found] == wanted


def test_unique_constraints_and_several_names(databases: ScratchServer) -> None:
    old = KEYS.format("a", "u1", BOTH.format('"b"'), '"a"', '"a"')
    new = KEYS.format("c", "u3", BOTH.format('"b", "c"'), '"b"', '"b"')
    change = there(databases, old, new)
    calls = r"op\.(create|drop)_(?:index|unique_constraint|constraint)\(\s*(?:op\.f\()?'(\w+)'"
    assert [" ".join(one) for one in re.findall(calls, change.up)] == [
        *("drop i1", "create i1", "drop i2", "create i2", "drop u2", "create u2"),
        *("create u3", "drop u1"),
    ]
