"""Which revisions a database has not run is told by the parts that it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from alembic_pg.ledger.ledger import Ledger, States
from alembic_pg.ledger.moved import find_moved
from alembic_pg.ledger.parts import parts_after

if TYPE_CHECKING:
    from alembic_pg.ledger.history import History


@dataclass
class Revision:
    """A revision as far as it is asked."""

    revision: str
    _all_down_revisions: tuple[str, ...]
    doc: str = ""


@dataclass
class Line:
    """A history of revisions one after the other."""

    revisions: dict[str, Revision]


NAMES = ("a", "b", "c", "d", "e")
LINE = Line({one: Revision(one, tuple(NAMES[at - 1 : at])) for at, one in enumerate(NAMES)})
CHANGES: dict[str, Any] = {
    "a": {"public.t": {"table": "1", "column x": "2"}},
    "b": {},
    "c": {"public.t": {"column y": "3"}},
    "d": {"public.u": {"table": "4"}},
    "e": {"public.t": {"column x": "5"}},
}


@pytest.mark.parametrize(
    ("lacking", "missed", "before", "unseen"),
    [
        (("c",), ("c",), "b", ("b",)),
        (("c", "d"), ("c", "d"), "b", ("b",)),
        (("d",), ("d",), "c", ()),
        (("a", "c", "d"), ("a", "b", "c", "d"), "", ()),
        (("a", "d"), None, "", ()),
        (("e",), None, "", ()),
        ((), None, "", ()),
    ],
)
def test_what_is_lacking(
    lacking: tuple[str, ...], missed: tuple[str, ...] | None, before: str, unseen: tuple[str, ...]
) -> None:
    ledger = Ledger(18, {one: States("", "", CHANGES[one]) for one in NAMES})
    found = parts_after(CHANGES, [one for one in NAMES if one not in lacking])
    assert found is not None
    moved = find_moved(cast("History", LINE), ledger, "e", found)
    if missed is None:
        assert moved is None
    else:
        assert moved is not None
        assert (moved.missed, moved.before, moved.unseen) == (missed, before, unseen)
        assert moved.commands[:2] == (
            f"alembic downgrade {missed[-1]}",
            f"alembic stamp {before or 'base'}",
        )
