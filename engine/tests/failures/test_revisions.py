"""A revision that is not there, that is not the only one, or that is another tree's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.failures.fails import fails, said
from tests.failures.revision import write

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_unknown(project: Tree) -> None:
    sentence = "No such revision or branch 'nope5'. See alembic history."
    assert fails(project, "upgrade", "nope5") == sentence
    assert fails(project, "downgrade", "nope5") == sentence
    assert said(project.alembic("show", "nope5")) == sentence
    assert said(project.alembic("-q", "upgrade", "base:nope5", "--sql")) == sentence


def test_ambiguous(tree_at_head: Tree, revisions: tuple[Script, ...]) -> None:
    tree, head = tree_at_head, revisions[-1].revision
    write(tree, "abcd1", head, "one")
    write(tree, "abcd2", "abcd1", "two")
    sentence = "Multiple revisions start with 'abcd': 'abcd1', 'abcd2'. See alembic history."
    assert fails(tree, "upgrade", "abcd") == sentence
    assert said(tree.alembic("show", "abcd")) == sentence


def test_two_heads(tree_at_head: Tree, revisions: tuple[Script, ...]) -> None:
    tree, head = tree_at_head, revisions[-1].revision
    write(tree, "b1", head, "go left")
    write(tree, "b2", head, "go right")
    sentence = (
        "There are 2 heads: b1 (go left) and b2 (go right). "
        'Join them: alembic merge heads -m "merge", or name the one you mean.'
    )
    assert fails(tree, "upgrade", "head") == sentence
    assert fails(tree, "check") == (
        "There are 2 heads: b1 (go left) and b2 (go right). "
        'Put one after the other (alembic-pg rebase), or join them: alembic merge heads -m "…".'
    )
    assert said(tree.alembic("upgrade", "head", "--sql")) == sentence


def test_the_database_is_at_a_revision_of_a_newer_release(at_head: Tree, database: URL) -> None:
    state.execute(database, "UPDATE alembic_version SET version_num = 'newer5'")
    sentence = (
        "The database is at revision newer5, which this tree does not have: a newer release "
        "upgraded it, or another branch. Use that tree; or, with that branch, alembic downgrade, "
        "then this one."
    )
    assert fails(at_head, "upgrade", "head") == sentence
    assert fails(at_head, "downgrade", "-1") == sentence
    assert fails(at_head, "current") == sentence
    # The target's state does not matter where it is not asked.
    assert at_head.alembic("check").code == 0


def test_downgrade_past_base(at_head: Tree) -> None:
    sentence = "-99 goes past base. See alembic history."
    assert fails(at_head, "downgrade", "-99") == sentence


def test_a_revision_without_a_message(project: Tree) -> None:
    sentence = 'A revision needs a message: add -m "what it does".'
    assert fails(project, "revision", "--autogenerate") == sentence
    assert fails(project, "merge", "heads", "-m", " ") == sentence
