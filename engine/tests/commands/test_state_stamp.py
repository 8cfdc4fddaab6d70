"""The state that a run leaves beside the revision, and drift that needs no scratch server by it."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.database.server_features import major_of
from alembic_pg.testing import state
from sqlalchemy import text
from tests.commands.own import own
from tests.failures.fails import said
from tests.other_ledger import needs_version_of_ledger

from tests.project import ROOT

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

# A server that nobody can reach: who asks for one fails.
NO_SERVER = {"SHADOW_DATABASE_URL": "postgresql://127.0.0.1:1/nowhere"}


def stamp_of(url: URL) -> str | None:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT col_description('alembic_version'::regclass, 1)"))
    engine.dispose()
    return None if found is None else str(found)


def test_a_run_leaves_the_state_of_the_ledger(
    project: Tree, revisions: tuple[Script, ...], empty: URL
) -> None:
    ledger = (ROOT / "alembic" / "ledger").read_text()
    for command, revision in (("upgrade", revisions[-1]), ("downgrade", revisions[2])):
        assert project.alembic(command, revision.revision).code == 0
        after = re.search(rf"-> {revision.revision} -> (\w+)", ledger)
        assert after is not None
        told = stamp_of(empty) or ""
        assert told.startswith(f"alembic-pg built {after[1]} at {revision.revision}, postgresql 18")
    assert project.alembic("downgrade", "base").code == 0
    assert stamp_of(empty) is None


def test_a_revision_that_fails_leaves_the_stamp_of_before(
    tree: Tree, revisions: tuple[Script, ...], empty: URL
) -> None:
    shutil.copy(ROOT / "alembic" / "ledger", tree.root / "alembic")
    assert tree.alembic("upgrade", revisions[1].revision).code == 0
    before = stamp_of(empty)
    state.execute(empty, "CREATE TABLE users (id int)")
    assert tree.alembic("upgrade", "head").code == 1
    assert stamp_of(empty) == before is not None


def test_what_a_person_wrote_there_stays(project: Tree, empty: URL) -> None:
    assert project.alembic("upgrade", "+1").code == 0
    state.execute(empty, "COMMENT ON COLUMN alembic_version.version_num IS 'hands off'")
    assert project.alembic("upgrade", "+1").code == 0
    assert project.alembic("stamp", "head").code == 0
    assert stamp_of(empty) == "hands off"


def test_who_says_where_a_database_is_takes_the_stamp_away(project: Tree, empty: URL) -> None:
    assert project.alembic("upgrade", "head").code == 0
    assert project.alembic("stamp", "ebc536dc9991").code == 0
    assert stamp_of(empty) is None


def test_a_role_that_does_not_own_the_table_runs_without_a_stamp(project: Tree, empty: URL) -> None:
    assert project.alembic("upgrade", "+1").code == 0
    before = stamp_of(empty)
    state.execute(
        empty,
        "DO $$ BEGIN CREATE ROLE runs_only LOGIN; EXCEPTION WHEN duplicate_object THEN END $$",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON alembic_version TO runs_only",
        "GRANT ALL ON SCHEMA public TO runs_only",
        "ALTER TABLE posts OWNER TO runs_only",
    )
    done = project.on(empty.set(username="runs_only")).alembic("upgrade", "+1")
    assert done.code == 0, done
    assert stamp_of(empty) == before


def test_without_drift_no_scratch_server_is_asked(
    project: Tree, revisions: tuple[Script, ...], empty: URL
) -> None:
    assert project.alembic("upgrade", revisions[5].revision).code == 0
    done = own(project, "drift", "--json", **NO_SERVER)
    assert (done.code, done.err) == (0, ""), done
    found = json.loads(done.out)
    assert (found["compared"], found["pending"]) == ("state", len(revisions) - 6)
    state.execute(empty, "ALTER TABLE posts ADD note text")
    assert own(project, "drift", **NO_SERVER).code == 2
    found = json.loads(own(project, "drift", "--json").out)
    assert (found["compared"], len(found["differences"])) == ("built", 1)


def test_what_is_ignored_needs_no_scratch_server(
    tree_at_head: Tree, database: URL, databases: ScratchServer
) -> None:
    needs_version_of_ledger(databases)
    folder = tree_at_head.root / "alembic"
    for name in ("ledger", "ledger-tables"):  # the latter says whose the objects are
        shutil.copy(ROOT / "alembic" / name, folder)
    (folder / "drift-ignore").write_text("table  public.cop*  the administrator's copies\n")
    state.execute(database, "CREATE TABLE copies (id serial PRIMARY KEY, a int CHECK (a > 0))")
    done = own(tree_at_head, "drift", "--json", **NO_SERVER)
    assert (done.code, done.err) == (0, ""), done
    (ignored,) = json.loads(done.out)["ignored"]
    assert ignored["object"] == "table copies"


def test_a_revision_of_another_tree_is_told_by_its_stamp(
    project: Tree, tree: Tree, empty: URL, databases: ScratchServer
) -> None:
    needs_version_of_ledger(databases)
    assert project.alembic("upgrade", "head").code == 0
    older = tree.on(empty)
    next(older.versions.glob("*ea0c537f2b38*")).unlink()
    done = own(older, "drift", **NO_SERVER)
    assert done.code == 0, done
    assert ", at ea0c537f2b38: no drift.\nThis tree does not have revision ea0c" in done.out
    state.execute(empty, "ALTER TABLE posts ADD note text")
    told = said(own(older, "drift", **NO_SERVER), code=2)
    assert told.startswith("Somebody has changed the database since a run led to ea0c537f2b38")


def test_a_revision_that_was_edited_since_is_told(
    tree: Tree, revisions: tuple[Script, ...], databases: ScratchServer
) -> None:
    needs_version_of_ledger(databases)
    shutil.copy(ROOT / "alembic" / "ledger", tree.root / "alembic")
    first = revisions[0].revision
    assert tree.alembic("upgrade", first).code == 0
    file = next(tree.versions.glob(f"*{first}*"))
    text_ = file.read_text()
    assert '"posts"' in text_
    begins = "def upgrade() -> None:\n"
    edited = text_.replace(begins, f"{begins}    op.execute('CREATE TABLE u (a int)')\n")
    file.write_text(edited)
    for number in range(1, len(revisions)):
        next(tree.versions.glob(f"*{revisions[number].revision}*")).unlink()
    assert own(tree, "ledger").code == 0
    done = own(tree, "drift")
    assert done.code == 1, done
    assert f"Revision {first}, or one before it, was edited since it ran here" in done.out
    assert "missing  table u" in done.out


@pytest.mark.parametrize(
    ("stamp", "why"),
    [
        ("NULL", "no run has left there what it built"),
        ("'alembic-pg built abcd at other, postgresql 18 form 2'", "no run has left there"),
        ("'alembic-pg built abcd at gone, postgresql 9 form 2'", "noted for PostgreSQL 9, not {}"),
        ("'alembic-pg built abcd at gone, postgresql 18 form 9'", "another version of alembic-pg"),
    ],
)
def test_a_stamp_that_says_nothing_is_said_so(
    at_head: Tree, database: URL, databases: ScratchServer, stamp: str, why: str
) -> None:
    state.execute(
        database,
        "UPDATE alembic_version SET version_num = 'gone'",
        f"COMMENT ON COLUMN alembic_version.version_num IS {stamp}",
    )
    told = said(own(at_head, "drift", **NO_SERVER), code=2)
    assert why.format(major_of(databases.version)) in told
    assert "run alembic-pg drift in the tree of the release or branch" in told


def test_a_stamp_of_before_makes_nobody_say_that_nothing_drifted(
    project: Tree, tree: Tree, revisions: tuple[Script, ...], empty: URL
) -> None:
    """By a script and by stock Alembic, a database may get elsewhere and leave the stamp."""
    assert project.alembic("upgrade", "head").code == 0
    before = revisions[-2].revision
    state.execute(empty, f"UPDATE alembic_version SET version_num = '{before}'")  # noqa: S608  # an id
    assert own(project, "drift").code == 1
    state.execute(empty, f"UPDATE alembic_version SET version_num = '{revisions[-1].revision}'")  # noqa: S608
    state.execute(empty, "ALTER TABLE posts ADD note text")
    older = tree.on(empty)
    next(older.versions.glob(f"*{revisions[-1].revision}*")).unlink()
    for where in (project, older):
        assert "no drift" not in own(where, "drift").out


def test_any_revision_can_be_compared_with(
    at_head: Tree, database: URL, revisions: tuple[Script, ...]
) -> None:
    state.execute(database, "DROP TABLE alembic_version", "ALTER TABLE posts ADD note text")
    done = own(at_head, "drift", "--at", revisions[-1].revision)
    assert done.code == 1, done
    assert "1 object differs" in done.out
    assert "extra  column posts.note" in done.out
    assert "nowhere" in said(own(at_head, "drift", "--at", "nowhere"), code=2)


def test_where_the_ledger_cannot_be_read_nothing_is_taken_for_edited(
    tree: Tree, revisions: tuple[Script, ...]
) -> None:
    shutil.copy(ROOT / "alembic" / "ledger", tree.root / "alembic")
    assert tree.alembic("upgrade", revisions[0].revision).code == 0
    with (tree.root / "alembic" / "ledger").open("a") as file:
        file.write("<<<<<<< HEAD\n")
    done = own(tree, "drift")
    assert done.code == 0, done
    assert "was edited" not in done.out
