"""alembic show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.commands.run import run

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_by_prefix_name_and_database(
    project: Tree, empty: URL, revisions: tuple[Script, ...]
) -> None:
    head = run(project, "show", "head")
    assert head.startswith(f"Rev: {revisions[-1].revision} (head)\n")
    assert f"Path: {revisions[-1].path}\n" in head
    assert run(project, "show", revisions[-1].revision[:7]) == head
    assert run(project, "show", "current") == ""
    assert state.versions(empty) is None, "who asks makes no table"
