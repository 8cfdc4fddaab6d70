"""alembic heads and alembic branches, of a history without branches; test_merge.py has others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.commands.run import run

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree


def test_there_is_one_head(project: Tree, revisions: tuple[Script, ...]) -> None:
    head = revisions[-1]
    assert run(project, "heads") == f"{head.revision} (head)\n"
    shown = run(project, "heads", "-v", "--resolve-dependencies")
    assert shown.startswith(f"Rev: {head.revision} (head)\nParent: {revisions[-2].revision}\n")
    assert run(project, "branches") == ""
