"""alembic downgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.commands.run import run

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_by_a_step_to_a_prefix_and_to_base(
    at_head: Tree, database: URL, revisions: tuple[Script, ...]
) -> None:
    last, before = revisions[-1], revisions[-2]
    stepped = at_head.alembic("downgrade", "-1")
    assert (stepped.code, stepped.out) == (0, "")
    running = f"Running downgrade {last.revision} -> {before.revision}, {last.doc}"
    assert stepped.err.splitlines()[1] == running
    assert state.versions(database) == [before.revision]
    run(at_head, "downgrade", revisions[5].revision[:6])
    assert state.versions(database) == [revisions[5].revision]
    run(at_head, "downgrade", revisions[3].revision)
    assert state.versions(database) == [revisions[3].revision]
    run(at_head, "downgrade", "base")
    assert state.versions(database) == []
    assert state.schema(database) == {}
