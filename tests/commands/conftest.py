"""The project's revisions, and databases to run Alembic's commands on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from alembic.script import Script, ScriptDirectory

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine import URL

    from tests.conftest import Tree


@pytest.fixture(scope="session")
def revisions(config: Config) -> tuple[Script, ...]:
    """The project's revisions, oldest first."""
    return tuple(ScriptDirectory.from_config(config).walk_revisions())[::-1]


@pytest.fixture
def at_head(project: Tree, database: URL) -> Tree:
    """This working tree, for commands that write nothing into it, on a database at head."""
    return _on(project, database)


@pytest.fixture
def tree_at_head(tree: Tree, database: URL) -> Tree:
    """A copy of the working tree, to be edited, on a database at head."""
    return _on(tree, database)


def _on(tree: Tree, target: URL) -> Tree:
    named = {"DATABASE_URL": target.render_as_string(hide_password=False)}
    return replace(tree, environment=tree.environment | named)
