"""Any edit of any schema: the revision leads there, back, and there again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, assume, given, note, settings

from tests.matrix.inside import there
from tests.property.grammar import Schema, edits

if TYPE_CHECKING:
    from ddl.database.scratch import Scratch

# Few and always the same in the normal run; the long one is random, and shrinks what it finds.
FEW = 4
MANY = int(os.environ.get("PROPERTY_EXAMPLES", "0"))


@settings(
    max_examples=MANY or FEW,
    derandomize=not MANY,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink) if MANY else (Phase.generate,),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    print_blob=False,
)
@given(edit=edits())
def test_an_edit_and_back(databases: Scratch, edit: tuple[Schema, Schema]) -> None:
    old, new = (schema.source() for schema in edit)
    assume(old != new)
    note(f"before:\n{old}\nafter:\n{new}")
    there(databases, old, new)
