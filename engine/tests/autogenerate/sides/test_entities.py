"""Entities are found wherever a module of the models holds them."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.sides import entities
from alembic_pg.errors import UserError
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView

if TYPE_CHECKING:
    from alembic_utils.replaceable_entity import ReplaceableEntity


def view(name: str) -> PGView:
    return PGView("public", name, "SELECT 1 AS one")


def test_also_in_what_holds_several(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("holding")
    circle: list[object] = [view("in_a_circle")]
    circle.append(circle)
    twice = view("twice")
    held = {
        "alone": view("alone"),
        "listed": [view("a"), twice],
        "tupled": (twice, [view("deep")]),
        "named": {"x": view("b"), "y": 1},
        "circle": circle,
        "text": "text",
        "unread": iter([view("unread")]),
    }
    for name, value in held.items():
        setattr(module, name, value)
    monkeypatch.setitem(sys.modules, "holding", module)
    names = [entity.signature for entity in entities.find_entities("holding")]
    assert sorted(names) == ["a", "alone", "b", "deep", "in_a_circle", "twice"]
    assert "unread" not in names


@pytest.mark.parametrize(
    "entity",
    [
        PGView("a.b", "v", "SELECT 1 AS one"),
        PGTrigger("public", "g", "BEFORE UPDATE ON x EXECUTE FUNCTION f()", on_entity='"a.b".t'),
    ],
)
def test_a_schema_with_a_dot_is_refused(entity: ReplaceableEntity) -> None:
    with pytest.raises(UserError, match=r"^alembic-utils cannot make .* its schema \"a\.b\" "):
        entities.refuse_dotted_schemas([view("fine"), entity])
