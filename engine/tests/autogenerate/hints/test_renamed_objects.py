"""What only has another name is renamed, and not made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.matrix.inside import there

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

PARTS = (
    'Index("{0}i", "a"), UniqueConstraint("a", "b", name="{0}u"), '
    'CheckConstraint("a > 0", name="{0}c"), ForeignKeyConstraint(["b"], ["t.id"], name="{0}f")'
)


def table(parts: str) -> str:
    """Return models of a table with these parts."""
    return f'table(Column("a", Integer), Column("b", BigInteger), {parts})\n'


def test_indexes_and_constraints_are_renamed(databases: ScratchServer) -> None:
    change = there(databases, table(PARTS.format("one_")), table(PARTS.format("two_")))
    for way in (change.up, change.down):
        assert way.count(" RENAME ") == way.count("op.") == 4


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('Index("a", "a")', 'Index("b", "b")'),
        ('Index("one", "a")', 'Index("two", "a", unique=True)'),
        ('CheckConstraint("a > 0", name="one")', 'CheckConstraint("a > 1", name="two")'),
    ],
)
def test_others_are_not(databases: ScratchServer, before: str, after: str) -> None:
    change = there(databases, table(before), table(after))
    assert "RENAME" not in change.up + change.down


def test_names_that_change_places(databases: ScratchServer) -> None:
    change = there(
        databases,
        table('Index("one", "a"), Index("two", "b")'),
        table('Index("two", "a"), Index("one", "b")'),
    )
    assert change.up
