"""The commands that this project leaves as they are: ensure_version, list_templates, init."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.commands.run import run

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_ensure_version_makes_the_table(project: Tree, empty: URL) -> None:
    run(project, "ensure_version")
    assert state.versions(empty) == []
    assert "CREATE TABLE alembic_version" in run(project, "ensure_version", "--sql")


def test_init_makes_another_environment(project: Tree, tmp_path: Path) -> None:
    assert "generic - Generic single-database configuration." in run(project, "list_templates")
    made = tmp_path / "other"
    (tmp_path / "alembic.ini").touch()
    done = project.alembic("-c", str(tmp_path / "alembic.ini"), "init", str(made))
    assert done.code == 0
    assert {"env.py", "script.py.mako", "versions"} <= {file.name for file in made.iterdir()}
