"""Entities are found wherever a module of the models holds them."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.sides import entities
from alembic_utils.pg_view import PGView

if TYPE_CHECKING:
    import pytest


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
