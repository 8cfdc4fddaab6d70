"""Columns of views are renamed with those of their table, and nothing is made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.matrix.inside import there
from tests.matrix.sources import after

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

MODELS = """
table(Column({name!r}, Integer, info={info}))
v = PGView("public", "v", "select id, {name} from t")
w = PGMaterializedView("public", "w", "select {name} from v")
x = PGView("public", "x", "select {name} from w")
"""


def test_through_views_over_views(databases: ScratchServer) -> None:
    before, desired = (
        MODELS.format(name=name, info=info) + after(f"CREATE UNIQUE INDEX i ON w ({name})")
        for name, info in (("a", {}), ("b", {"renamed_from": "a"}))
    )
    change = there(databases, before, desired)
    for way, names in ((change.up, "a TO b"), (change.down, "b TO a")):
        assert way.count("op.") == 4
        for kind in ("VIEW public.v", "MATERIALIZED VIEW public.w", "VIEW public.x"):
            assert f"ALTER {kind} RENAME COLUMN {names}" in way
