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


@pytest.mark.parametrize("name", CHANGES)
def test_in_this_order(databases: ScratchServer, name: str) -> None:
    new, wanted = CHANGES[name]
    change = there(databases, OLD, new)
    found = re.findall(r"op\.(create|drop)_index\(\s*(?:op\.f\()?'(\w+)'", change.up)
    assert [" ".join(one) for one in found] == wanted
