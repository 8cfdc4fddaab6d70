"""alembic history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.commands.run import run

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_lists_all_revisions_newest_first(project: Tree, revisions: tuple[Script, ...]) -> None:
    listed = run(project, "history", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    below = ["<base>", *(revision.revision for revision in revisions)]
    lines = [
        f"{parent} -> {revision.revision}{' (head)' * revision.is_head}, {revision.doc}"
        for parent, revision in zip(below, revisions, strict=False)
    ]
    assert listed.splitlines() == lines[::-1]


def test_lists_a_range_and_where_the_database_is(
    project: Tree, empty: URL, revisions: tuple[Script, ...]
) -> None:
    first, second = revisions[:2]
    assert "(current)" not in run(project, "history", "-i")
    assert state.versions(empty) is None, "who asks makes no table"
    run(project, "stamp", second.revision)
    shown = run(project, "history", "-i", "-r", f"{first.revision[:5]}:{revisions[2].revision}")
    assert [line.split(",")[0] for line in shown.splitlines()] == [
        f"{second.revision} -> {revisions[2].revision}",
        f"{first.revision} -> {second.revision} (current)",
        f"<base> -> {first.revision}",
    ]
    shown = run(project, "history", "-v", "-r", ":+1")
    assert f"Rev: {first.revision}" in shown
    assert f"Path: {first.path}" in shown
