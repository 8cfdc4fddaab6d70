"""alembic check also tells what a run has left unfinished on the target, if there is one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.other_ledger import ONLY_THE_ORDER

if TYPE_CHECKING:
    from alembic_pg.testing.forked import CommandResult
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

CLEAN = "No new upgrade operations detected.\n"
INVALID = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'votes_post_id_idx'::regclass"

REVISION = '''"""leave it."""
from alembic import op
revision = "0123456789ab"
down_revision = "{down}"


def upgrade() -> None:
    op.execute("ALTER TABLE votes ADD CONSTRAINT meant CHECK (user_id > 0) NOT VALID")
    op.execute("ALTER TABLE votes ADD CONSTRAINT later CHECK (user_id > 1) NOT VALID")
    op.execute("ALTER TABLE votes VALIDATE CONSTRAINT later")


def downgrade() -> None:
    op.execute("ALTER TABLE votes DROP CONSTRAINT later, DROP CONSTRAINT meant")
'''


def told_of(done: CommandResult) -> str:
    """Return what a command says, but of a server of another version than the ledger."""
    return ONLY_THE_ORDER.sub("", done.err)


def test_told_beside_a_clean_check(at_head: Tree, database: URL) -> None:
    done = at_head.alembic("check")
    assert (done.code, done.out, told_of(done)) == (0, CLEAN, "")
    state.execute(database, INVALID, "ALTER TABLE votes ADD CHECK (user_id > 0) NOT VALID")
    done = at_head.alembic("check")
    assert (done.code, done.out) == (0, CLEAN)
    assert told_of(done).splitlines() == [
        "Unfinished: constraint votes_user_id_check of votes is NOT VALID",
        "Unfinished: index votes_post_id_idx is INVALID",
    ]


def test_what_a_revision_leaves_not_valid_is_meant(tree_at_head: Tree, database: URL) -> None:
    head = tree_at_head.alembic("heads").out.split()[0]
    revision = tree_at_head.versions / "2030_01_01_000000_0123456789ab_leave_it.py"
    revision.write_text(REVISION.format(down=head))
    assert tree_at_head.alembic("upgrade", "head").code == 0
    state.execute(database, "ALTER TABLE posts ADD CONSTRAINT later CHECK (id > 0) NOT VALID")
    shown = ["Unfinished: constraint later of posts is NOT VALID"]
    assert tree_at_head.alembic("current").err.splitlines() == shown


def test_without_a_target_nothing_is_said(project: Tree) -> None:
    for url in ("", "postgresql://nobody@127.0.0.1:1/none", "nonsense"):
        done = project.alembic("check", DATABASE_URL=url)
        assert (done.code, done.out, told_of(done)) == (0, CLEAN, "")


def test_each_is_an_event(at_head: Tree, database: URL) -> None:
    state.execute(database, INVALID)
    [line] = at_head.alembic("current", ALEMBIC_JSON="on").err.splitlines()
    told = json.loads(line)
    assert told["event"] == "warning"
    assert told["message"] == "Unfinished: index votes_post_id_idx is INVALID"
