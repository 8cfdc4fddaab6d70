"""Any edit of any schema: the revision leads there, back, and there again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import assume, given, note
from tests.matrix.inside import there
from tests.property.grammar import Schema, edits
from tests.property.many import examples

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer


@examples()
@given(edit=edits())
def test_an_edit_and_back(databases: ScratchServer, edit: tuple[Schema, Schema]) -> None:
    old, new = (schema.source() for schema in edit)
    assume(old != new)
    note(f"before:\n{old}\nafter:\n{new}")
    there(databases, old, new)
