"""Any edit of any schema: the revision leads there, back, and there again.

What is dropped though it stays the same has a reason: PostgreSQL refuses otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import assume, given, note
from tests.matrix.bystanders import find_bystanders
from tests.matrix.case import load
from tests.matrix.databases import create_built
from tests.matrix.inside import executed, there
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
    change = there(databases, old, new)
    for start, way in ((old, change.up), (new, change.down)):
        template = str(create_built(databases, load(start)).database)
        found = find_bystanders(databases, template, executed(databases, template, way))
        assert all(one.reason for one in found), f"drops what could stay: {found}\n{way}"
        databases.drop(template)
