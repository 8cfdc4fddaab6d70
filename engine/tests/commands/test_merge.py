"""alembic merge, and the commands that show branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.commands.run import run

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_joins_two_heads(tree_at_head: Tree, database: URL, revisions: tuple[Script, ...]) -> None:
    tree, fork, head = tree_at_head, revisions[-2], revisions[-1]
    run(
        tree,
        *("revision", "-m", "go another way", "--rev-id", "other"),
        *("--head", fork.revision, "--splice"),
    )
    assert set(run(tree, "heads").splitlines()) == {f"{head.revision} (head)", "other (head)"}
    branches = run(tree, "branches").split()
    assert branches[:2] == [fork.revision, "(branchpoint)"]
    assert {branches[3], branches[6]} == {"other", head.revision}
    run(tree, "merge", "heads", "-m", "join both ways", "--rev-id", "joined")
    (file,) = tree.versions.glob("*_joined_join_both_ways.py")
    joined = f'down_revision: str | tuple[str, ...] | None = ("{head.revision}", "other")\n'
    assert joined in file.read_text()
    assert run(tree, "heads") == "joined (head)\n"
    assert "(mergepoint)" in run(tree, "history", "-r", f"{fork.revision}:heads")
    run(tree, "upgrade", "head")
    assert state.versions(database) == ["joined"]
    run(tree, "downgrade", f"{fork.revision}")
    assert state.versions(database) == [fork.revision]
