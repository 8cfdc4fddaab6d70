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


@pytest.mark.parametrize("key", ["primary_key=True", "Identity(), primary_key=True"])
def test_tables_renamed_in_a_row_keep_their_sequences_and_indexes(
    databases: ScratchServer, key: str
) -> None:
    """The name that one gives up is the next one's: no sequence begins anew beside old rows."""
    row = 'Table("{0}", m, Column("id", Integer, {2}), Column("a", Text, index=True){1})\n'
    before = row.format("x", "", key) + row.format("y", ", Column('b', Text)", key)
    after = row.format("y", ", info={'renamed_from': 'x'}", key) + row.format(
        "z", ", Column('b', Text), info={'renamed_from': 'y'}", key
    )
    change = there(databases, before, after)
    for way in (change.up, change.down):
        assert "CREATE" not in way
        assert "DROP" not in way
        assert "_index(" not in way
        assert way.count("ALTER INDEX") == way.count("ALTER SEQUENCE") == 2


def test_names_that_change_places_on_a_renamed_table(databases: ScratchServer) -> None:
    """Neither name is free, so nothing is renamed, and the proof holds all the same."""
    columns = 'Table("{0}", m, Column("a", Integer), Column("b", Integer), '
    change = there(
        databases,
        columns.format("x") + 'Index("one", "a"), Index("two", "b"))',
        columns.format("y") + 'Index("two", "a"), Index("one", "b"), info={"renamed_from": "x"})',
    )
    assert "rename_table" in change.up
    assert "ALTER INDEX" not in change.up
