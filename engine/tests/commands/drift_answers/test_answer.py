"""What was made by hand goes back, goes into the models, or is ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.scratch import scratch_server
from alembic_pg.testing import state
from sqlalchemy import text
from tests.commands.own import own
from tests.failures.fails import said

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

HAND = (
    "ALTER TABLE votes ADD COLUMN note text",
    "DROP INDEX votes_post_id_idx",
    "CREATE TABLE copies (id serial PRIMARY KEY, a int CHECK (a > 0))",
    "ALTER TABLE posts ALTER published DROP NOT NULL",
    "ALTER TABLE users ADD CONSTRAINT short CHECK (length(email) < 900)",
    "CREATE VIEW late AS SELECT id, title FROM posts",
    "CREATE INDEX by_hand ON posts (title)",
    "ALTER TABLE votes DROP CONSTRAINT votes_user_id_fkey",
)


def test_each_goes_back_by_a_script(tree_at_head: Tree, database: URL) -> None:
    before = state.read_state(tree_at_head)
    state.execute(database, *HAND)
    done = own(tree_at_head, "drift", "--back", "back.sql")
    assert (done.code, done.err) == (0, ""), done
    assert "It destroys " in done.out
    assert "copies" in done.out.partition("It destroys ")[2]
    script = (tree_at_head.root / "back.sql").read_text()
    assert "CREATE INDEX CONCURRENTLY votes_post_id_idx" in script
    assert "NOT VALID" in script
    ran = own(tree_at_head, "psql", "-q", "-f", "back.sql")
    assert ran.code == 0, ran
    assert own(tree_at_head, "drift").code == 0
    assert state.read_state(tree_at_head) == before


def test_a_role_that_only_the_target_has_is_no_hindrance(tree: Tree) -> None:
    """The target is the embedded server here, and scratch databases are made on another one."""
    embedded = {"DATABASE_URL": ""}
    assert tree.alembic("upgrade", "head", **embedded).code == 0
    sql = (
        "CREATE ROLE only_there; GRANT SELECT ON posts TO only_there; "
        "CREATE POLICY own ON posts TO only_there USING (true)"
    )
    assert own(tree, "psql", "-q", "-c", sql, **embedded).code == 0
    done = own(tree, "drift", "--back", "back.sql", **embedded)
    assert (done.code, done.err) == (0, ""), done
    assert own(tree, "psql", "-q", "-f", "back.sql", **embedded).code == 0
    assert own(tree, "drift", **embedded).code == 0
    with scratch_server(tree.root) as databases:
        there = "SELECT count(*) FROM pg_roles WHERE rolname = 'only_there'"
        assert databases.connection.scalar(text(there)) == 0


def test_one_goes_back_and_others_stay(tree_at_head: Tree, database: URL) -> None:
    state.execute(database, *HAND)
    done = own(tree_at_head, "drift", "column votes.note", "index *", "--back", "back.sql")
    assert done.code == 0, done
    assert own(tree_at_head, "psql", "-q", "-f", "back.sql").code == 0
    left = own(tree_at_head, "drift").out
    assert "column votes.note" not in left
    assert "index" not in left
    for name in ("table copies", "view late", "column posts.published"):
        assert name in left
    told = said(own(tree_at_head, "drift", "index *", "--back", "b.sql"), code=2)
    assert told == "Nothing that differs is called index *: alembic-pg drift lists all."


def test_a_script_is_for_the_database_that_was_looked_at(tree_at_head: Tree, database: URL) -> None:
    state.execute(database, HAND[0])
    assert own(tree_at_head, "drift", "--back", "back.sql").code == 0
    state.execute(database, "UPDATE alembic_version SET version_num = 'other'")
    ran = own(tree_at_head, "psql", "-q", "-f", "back.sql")
    assert ran.code != 0
    assert "the database is not at ea0c537f2b38" in ran.err
    state.execute(database, "ALTER TABLE votes DROP COLUMN note")  # it is there still


def test_what_is_ignored_is_a_line_with_its_reason(tree_at_head: Tree, database: URL) -> None:
    state.execute(database, *HAND, 'CREATE TABLE "Odd * Name" (a int)')
    done = own(tree_at_head, "drift", "--ignore", "made by the administrator")
    assert (done.code, done.err) == (0, ""), done
    assert done.out == "9 objects ignored from now on: alembic/drift-ignore\n"
    rules = (tree_at_head.root / "alembic" / "drift-ignore").read_text()
    assert "column  public.votes.note  made by the administrator\n" in rules
    assert '"public.Odd [*] Name"' in rules
    done = own(tree_at_head, "drift")
    assert done.code == 0, done
    assert "no drift (9 ignored)." in done.out


def test_what_no_class_can_say_is_declared_beside_it(tree_at_head: Tree, database: URL) -> None:
    state.execute(database, *HAND)
    state.execute(database, "ALTER TABLE posts ALTER search DROP EXPRESSION")
    done = own(tree_at_head, "drift", "--into-models", "models/by_hand.py")
    assert (done.code, done.err) == (0, ""), done
    assert "+++ b/models/by_hand.py" in done.out
    assert "models/by_hand.py declares " in done.out
    for label in ("view late", "table copies"):
        assert label in done.out, label
    assert "Not declared: column posts.search (changed). Change it in models/" in done.out
    checked = tree_at_head.alembic("check")
    assert "votes.note" in checked.out
    made = tree_at_head.alembic("revision", "--autogenerate", "-m", "made by hand")
    assert made.code == 0, made
    texts = [file.read_text() for file in tree_at_head.versions.glob("*made_by_hand*")]
    assert any("note" in text for text in texts)
    assert any("short" in text for text in texts)


@pytest.mark.parametrize("answer", [("--ask",), ("--into-models", "models/__init__.py")])
def test_what_cannot_be_done_is_said(
    tree_at_head: Tree, database: URL, answer: tuple[str, ...]
) -> None:
    state.execute(database, HAND[0])
    told = said(own(tree_at_head, "drift", *answer), code=2)
    assert "needs a terminal" in told or "is there already: name a new file." in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--ignore", " "), "what is ignored needs a reason"),
        (("--ignore", "mine", "--json"), "an answer is told in words: leave out --json"),
    ],
)
def test_what_was_typed_wrong_changes_nothing(
    tree_at_head: Tree, database: URL, arguments: tuple[str, ...], told: str
) -> None:
    state.execute(database, HAND[0])
    done = own(tree_at_head, "drift", *arguments)
    assert (done.code, done.out) == (2, ""), done
    assert told in done.err
    assert not (tree_at_head.root / "alembic" / "drift-ignore").exists()
