"""A new column of a type that is replaced is added when the new type has its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.matrix.inside import there

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

MOOD = 'Enum({labels}, name="mood")'
BEFORE = f'table(Column("a", {MOOD}))'.format(labels='"x", "y"')
NEW = MOOD.format(labels='"x"')


@pytest.mark.parametrize("more", ["", ', server_default="x"', ', server_default="x", index=True'])
def test_it_is_not_converted(databases: ScratchServer, more: str) -> None:
    change = there(databases, BEFORE, f'table(Column("a", {NEW}), Column("c", {NEW}{more}))')
    assert "ALTER COLUMN a TYPE public.mood_new" in change.up
    assert change.up.index("RENAME TO mood") < change.up.index("op.add_column")
    assert "ALTER COLUMN c" not in change.up + change.down
