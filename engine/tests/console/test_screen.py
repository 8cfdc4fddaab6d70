"""What a person sees: real commands in a real terminal, as wide as their window."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing import state
from tests.commands.own import own
from tests.console import terminal

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

# What each command shows; a file is written anew by deleting it, and is looked at then.
SCREENS = Path(__file__).parent / "screens"

# What differs from run to run.
ALIKE = (
    (r"\d+(\.\d+)? (kB|MB|B)\b", "# kB"),
    (r"database\s+\w+\s+on\s+this\s+machine\s+as\s+[^\s:]+", "database app on this machine"),
    (r"\bas \w+(?=[,:])", "as somebody"),
    (r"\d+\.\d s\b", "0.1 s"),
    (r"\b(?!0123456789ab)[0-9a-f]{12}\b", "ba9876543210"),
)

WIDTHS = (80, 100, 200)

# Before this version, a GRANT takes no lock on its table, and a column of locks says "none".
GRANT_LOCKS_SINCE = 18_00_00
_GRANT_WITHOUT_LOCK = re.compile(r"^(create +grants on column .*  )none {8}")

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


FILL = """\
from alembic import op

revision = "0123456789ab"
down_revision = "{head}"


def upgrade():
    op.create_index("votes_direction_idx", "votes", ["direction"])
    op.execute("UPDATE users SET created_at = now()")


def downgrade():
    op.drop_index("votes_direction_idx", "votes")
"""

# Columns come, one changes its type under a generated one, and indexes go.
EDIT = """

from sqlalchemy import Column, String

posts = Post.__table__
posts.append_column(Column("reviewed_by_a_moderator_id", ForeignKey("users.id")))
posts.append_column(Column("mood", Text, server_default="calm", nullable=False))
posts.c.title.type = String(200)
posts.indexes.clear()
"""


def shown(tree: Tree, columns: int, *command: str, **variables: str) -> terminal.Shown:
    """Return what a terminal shows of a command in a tree."""
    environment = tree.variables(**variables)
    return terminal.run([sys.executable, "-m", *command], columns, tree.root, environment)


def assert_shows(name: str, lines: list[str]) -> None:
    """Compare the lines of a screen with those that were looked at."""
    text = "\n".join(lines) + "\n"
    for pattern, word in (
        (r"\d+(\.\d+)? (kB|MB|B)\b", "# kB"),
        (r"\bas \w+(?=[,:])", "as somebody"),
        *ALIKE,
    ):
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
def test_upgrade_with_progress(pending: Tree, empty: URL, columns: int) -> None:
    file = pending.versions / "pending.py"
    file.write_text(FILL.format(head=file.read_text().split('"')[3]))
    state.execute(
        empty,
        "INSERT INTO users (email, password_hash) "
        "SELECT 'n' || i || '@example.org', repeat('x', 60) FROM generate_series(1, 300) AS i",
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(0.008); RETURN NEW; END $$",
        "CREATE TRIGGER slow BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION slow()",
    )
    upgrade = shown(pending, columns, "alembic", "upgrade", "head", ALEMBIC_LARGE_TABLE="0")
    assert upgrade.code == 0, upgrade.raw
    assert "Revision 0123456789ab is at work" in upgrade.raw
    assert max(map(len, upgrade.lines)) <= columns
    assert_shows("upgrade", "\n".join(upgrade.lines).replace("\n  ", " ").splitlines())


@pytest.mark.parametrize("columns", WIDTHS)
def test_autogenerate(tree: Tree, databases: ScratchServer, columns: int) -> None:
    posts = tree.root / "models" / "posts.py"
    posts.write_text(f"{posts.read_text()}{EDIT}")
    command = ("revision", "--autogenerate", "--rev-id", "0123456789ab", "-m", "moods")
    made = shown(tree, columns, "alembic", *command)
    assert made.code == 0, made.raw
    end = next(at for at, line in enumerate(made.lines) if "Generating " in line)
    assert "red" in made.colors_of("Destroys")
    lines = made.lines[:end]
    if databases.version < GRANT_LOCKS_SINCE:
        lines = [_GRANT_WITHOUT_LOCK.sub(r"\1ACCESS SHARE", line) for line in lines]
    assert_shows(f"autogenerate-{columns}", lines)


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


@pytest.mark.parametrize("right", [True, False])
def test_a_sentence_is_broken_between_words(tree: Tree, *, right: bool) -> None:
    if right:
        assert own(tree, "ledger").code == 0
    plain = own(tree, "ledger", "--verify")
    whole = plain.out.strip() or plain.err.strip()
    told = shown(tree, 40, "alembic_pg", "ledger", "--verify")
    assert told.code == plain.code == (0 if right else 2)
    assert len(told.lines) > 1
    assert "\n" not in whole
    assert told.lines == screen_lines(whole, 40)


def screen_lines(sentence: str, columns: int) -> list[str]:
    """Return a sentence broken between words, lines after the first by two spaces to the right."""
    return textwrap.wrap(sentence, columns, subsequent_indent="  ", break_on_hyphens=False)
