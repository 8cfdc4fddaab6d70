"""A CHECK that PostgreSQL prints otherwise once its column has another type stays where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.matrix.inside import there

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

LENGTH = 'CheckConstraint("char_length(a) < 300", name="length")'
BLANK = 'CheckConstraint("a <> \'\'", name="blank", comment="not \'empty\'")'
VIEW = 'v = PGView("public", "v", "select id, a from t")\n'


def models(kind: str, *checks: str, more: str = "") -> str:
    """Return models whose table has a column of a type, and CHECKs."""
    columns = ", ".join([f'Column("a", {kind})', *checks])
    return f"table({columns})\n{more}"


@pytest.mark.parametrize("view", ["", VIEW])
@pytest.mark.parametrize("kind", ["String(200)", "VARCHAR"])
def test_it_stays(databases: ScratchServer, kind: str, view: str) -> None:
    before, after = (models(one, LENGTH, BLANK, more=view) for one in ("Text", kind))
    change = there(databases, before, after)
    for way in (change.up, change.down):
        assert "length" not in way.replace("length=", "")
        assert "blank" not in way
        assert way.count("op.") == (3 if view else 1)


def test_one_that_changes_is_made_anew(databases: ScratchServer) -> None:
    changed = LENGTH.replace("300", "400")
    change = there(databases, models("Text", LENGTH, BLANK), models("String(200)", changed, BLANK))
    for way in (change.up, change.down):
        assert [way.count(f"{verb} CONSTRAINT length") for verb in ("DROP", "ADD")] == [1, 1]
        assert "blank" not in way


@pytest.mark.parametrize("view", ["", VIEW])
def test_one_that_postgresql_refuses_is_made_anew(databases: ScratchServer, view: str) -> None:
    check = "CheckConstraint(\"a IN ('b', 'c')\", name=\"words\")"
    number = 'CheckConstraint("a IN (1, 2)", name="words")'
    hinted = "Integer, info={'using': 'length(a)'}"
    after = models(hinted, number, more=view.replace("a from", "a + 1 as a from"))
    change = there(databases, models("Text", check, more=view), after)
    for way in (change.up, change.down):
        assert [way.count(f"{verb} CONSTRAINT words") for verb in ("DROP", "ADD")] == [1, 1]
        assert way.index("DROP CONSTRAINT") < way.index("TYPE") < way.index("ADD CONSTRAINT")


def test_the_hint_of_a_type_under_a_view(databases: ScratchServer) -> None:
    hinted = models("Integer, info={'using': 'length(a)'}", more=VIEW)
    change = there(databases, models("Text", more=VIEW), hinted)
    assert "USING length(a)" in change.up
    assert change.up.index("DROP VIEW") < change.up.index("USING") < change.up.index("CREATE VIEW")
