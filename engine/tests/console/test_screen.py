"""What a person sees: real commands in a real terminal, as wide as their window."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing import state
from tests.console import terminal

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

# What each command shows; a file is written anew by deleting it, and is looked at then.
SCREENS = Path(__file__).parent / "screens"

WIDTHS = (80, 100, 200)

REVISION = """\
from alembic import op

revision = "0123456789ab"
down_revision = "{head}"


def upgrade():
    op.execute("ALTER TABLE posts ADD COLUMN reviewed_by_a_moderator_at timestamptz")
    op.create_index("posts_reviewed_by_a_moderator_at_idx", "posts", ["reviewed_by_a_moderator_at"])
    op.create_check_constraint("posts_title_is_not_blank", "posts", "title ~ '[^ ]'")
    op.drop_column("posts", "rating")
    op.execute("UPDATE users SET name = name")


def downgrade():
    raise NotImplementedError
"""


def shown(tree: Tree, columns: int, *command: str, **variables: str) -> terminal.Shown:
    """Return what a terminal shows of a command in a tree."""
    environment = tree.variables(**variables)
    return terminal.run([sys.executable, "-m", *command], columns, tree.root, environment)


def assert_shows(name: str, lines: list[str]) -> None:
    """Compare the lines of a screen with those that were looked at."""
    text = "\n".join(lines) + "\n"
    for pattern, word in ((r"\d+(\.\d+)? (kB|MB|B)\b", "# kB"), (r"\bas \S+\b", "as somebody")):
        text = re.sub(pattern, word, text)
    file = SCREENS / f"{name}.txt"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        pytest.fail(f"{file.name} is written: look at it")
    assert text == file.read_text()


@pytest.fixture
def pending(tree: Tree, revisions: tuple[Script, ...], empty: URL) -> Tree:
    """A tree with a pending revision, and its database."""
    assert empty.database
    assert tree.alembic("upgrade", "head").code == 0
    (tree.versions / "pending.py").write_text(REVISION.format(head=revisions[-1].revision))
    return tree


@pytest.mark.parametrize("columns", WIDTHS)
def test_plan(pending: Tree, columns: int) -> None:
    plan = shown(pending, columns, "alembic_pg", "plan", ALEMBIC_LARGE_TABLE="0")
    assert plan.code == 0, plan.raw
    assert max(map(len, plan.lines)) <= columns
    assert "red" in plan.colors_of("posts.rating")
    assert "red" in plan.colors_of("Destroys")
    assert_shows(f"plan-{columns}", plan.lines)


@pytest.mark.parametrize("columns", WIDTHS)
def test_drift(at_head: Tree, database: URL, columns: int) -> None:
    state.execute(
        database, "ALTER TABLE votes ADD COLUMN note text", "DROP INDEX votes_post_id_idx"
    )
    drift = shown(at_head, columns, "alembic_pg", "drift")
    assert drift.code == 1, drift.raw
    assert "red" in drift.colors_of("missing")
    assert "green" in drift.colors_of("extra")
    at = next(number for number, line in enumerate(drift.lines) if line.startswith("drift "))
    assert_shows(f"drift-{columns}", drift.lines[at:])


@pytest.mark.parametrize("columns", WIDTHS)
def test_check(tree: Tree, columns: int) -> None:
    posts = tree.root / "models" / "posts.py"
    posts.write_text(
        posts.read_text() + "\n\nfrom sqlalchemy import Column\n"
        "Post.__table__.append_column(Column('mood', Text))\n"
        "Post.__table__.indexes.clear()\n"
    )
    check = shown(tree, columns, "alembic", "check")
    assert check.code == 255, check.raw
    assert_shows(f"check-{columns}", check.lines)


def test_a_failure_is_red_and_plain_in_a_file(tree: Tree) -> None:
    failed = shown(tree, 80, "alembic", "upgrade", "nowhere")
    assert failed.code == 1
    assert "red" in failed.colors_of("FAILED")
    assert failed.lines[0].startswith("FAILED: ")
    assert "\x1b" not in tree.alembic("upgrade", "nowhere").err
