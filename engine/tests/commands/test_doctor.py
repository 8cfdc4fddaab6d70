"""alembic-pg doctor: one screen for a bug report, and never a password."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from alembic_pg.testing.tree import PASSWORD
from tests.commands.own import own

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_a_project_that_lacks_nothing(at_head: Tree, revisions: tuple[Script, ...]) -> None:
    done = own(at_head, "doctor")
    assert (done.code, done.err) == (0, ""), done
    lines = done.out.splitlines()
    assert lines[-1] == "Nothing is missing."
    found = {line[11:30].strip(): line[30:].strip() for line in lines}
    assert found["revisions"] == f"{len(revisions)}, head {revisions[-1].revision}"
    assert found["target is at"] == f"{revisions[-1].revision} (head)"
    assert PASSWORD not in done.out


def test_a_target_that_is_behind_is_no_fault(project: Tree, empty: URL) -> None:
    assert empty.database
    done = own(project, "doctor")
    assert done.code == 0, done
    assert "no revision, " in done.out


def test_a_server_that_does_not_answer(at_head: Tree) -> None:
    url = f"postgresql://u:{PASSWORD}@localhost:1/x"
    done = own(at_head, "doctor", DATABASE_URL=url)
    assert done.code == 1
    assert "\ntarget: No server answers at localhost:1" in done.out
    assert "x on localhost:1 as u" in done.out
    other = own(at_head, "doctor", SHADOW_DATABASE_URL=f"postgresql://u:{PASSWORD}@[::1")
    assert other.code == 1
    assert "\nSHADOW_DATABASE_URL: " in other.out
    assert "\nscratch databases: " in other.out
    assert PASSWORD not in done.out + done.err + other.out + other.err


def test_json(at_head: Tree) -> None:
    done = own(at_head, "doctor", "--json", DATABASE_URL=f"postgresql://u:{PASSWORD}@localhost:1/x")
    found = json.loads(done.out)
    assert found["format"] == 1
    (wrong,) = [one for one in found["checks"] if one["cure"]]
    assert (wrong["topic"], wrong["name"], wrong["found"]) == ("servers", "target", "not reached")
    assert PASSWORD not in done.out


def test_a_folder_without_a_project(tree: Tree) -> None:
    (tree.root / "alembic.ini").unlink()
    (tree.root / "pyproject.toml").unlink()
    done = own(tree, "doctor")
    assert done.code == 1
    assert "\nconfiguration: go to the folder that has alembic.ini" in done.out
    assert "scratch databases" not in done.out


def test_a_revision_that_cannot_be_loaded(tree: Tree) -> None:
    (tree.versions / "bad.py").write_text("def upgrade(:\n")
    done = own(tree, "doctor")
    assert done.code == 1
    assert "\nrevisions: Syntax error in alembic/versions/bad.py, line 1" in done.out


def test_an_env_py_without_the_engine(tree: Tree) -> None:
    env = tree.root / "alembic" / "env.py"
    env.write_text("from alembic import context\n")
    done = own(tree, "doctor")
    assert done.code == 1
    assert "\nenv.py: env.py runs without alembic_pg" in done.out
