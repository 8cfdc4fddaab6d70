"""Databases and working trees for the tests."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory

from ddl.compare import history
from ddl.database.connect import engine as connectable
from ddl.database.scratch import SETTING, Scratch, scratch
from tests import memory
from tests.forked import Forkserver, forkserver
from tests.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Engine

ROOT = Path(__file__).resolve().parent.parent

# What a working tree is made of; the rest is made of it.
TREE = ("alembic", "alembic.ini", "ddl", "models", "pyproject.toml")


@pytest.fixture(scope="session")
def databases() -> Iterator[Scratch]:
    """The server of scratch databases, shared by all workers: SHADOW_DATABASE_URL's or our own."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        if not os.environ.get(SETTING):
            ours = memory.start(ROOT)
            stack.callback(ours.release)
            patch.setenv(SETTING, ours.url("postgres").render_as_string())
        yield stack.enter_context(scratch(ROOT))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no server behind, when the workers have ended."""
    if not hasattr(config, "workerinput"):
        memory.remove(ROOT)


@pytest.fixture(scope="session")
def forks() -> Iterator[Forkserver]:
    """The process from which the alembic commands are forked."""
    with forkserver() as server:
        yield server


@pytest.fixture(scope="session")
def config() -> Config:
    """The project's own alembic.ini."""
    return Config(ROOT / "alembic.ini")


@pytest.fixture(scope="session")
def head(databases: Scratch, config: Config) -> str:
    """The name of a template at head, migrated once for all tests and workers."""
    script = ScriptDirectory.from_config(config)
    return history.template(databases, EnvironmentContext(config, script))


@pytest.fixture
def empty(databases: Scratch) -> Iterator[URL]:
    """An empty database."""
    name = databases.create()
    yield databases.database(name)
    databases.drop(name)


@pytest.fixture
def database(databases: Scratch, head: str) -> Iterator[URL]:
    """A database at head."""
    name = databases.create(head)
    yield databases.database(name)
    databases.drop(name)


@pytest.fixture
def engine(database: URL) -> Iterator[Engine]:
    """An engine of a database at head."""
    made = connectable(database)
    yield made
    made.dispose()


@pytest.fixture
def project(databases: Scratch, empty: URL, forks: Forkserver) -> Tree:
    """This working tree, for commands that write nothing into it, on an empty database."""
    return Tree(ROOT, _shadow(databases), forks).on(empty)


@pytest.fixture
def at_head(project: Tree, database: URL) -> Tree:
    """This working tree, for commands that write nothing into it, on a database at head."""
    return project.on(database)


@pytest.fixture
def tree(
    databases: Scratch,
    empty: URL,
    forks: Forkserver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Tree]:
    """A copy of the working tree, to be edited, on an empty database."""
    root = tmp_path / "tree"
    root.mkdir()
    for name in TREE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root)
    made = Tree(root, _shadow(databases), forks).on(empty)
    yield made
    # The templates of its history serve nobody else.
    monkeypatch.setenv("SHADOW_DATABASE_URL", made.environment["SHADOW_DATABASE_URL"])
    with scratch(root) as own:
        for template in own.templates():
            own.forget(template)


@pytest.fixture
def tree_at_head(tree: Tree, database: URL) -> Tree:
    """A copy of the working tree, to be edited, on a database at head."""
    return tree.on(database)


@pytest.fixture(scope="session")
def revisions(config: Config) -> tuple[Script, ...]:
    """The project's revisions, oldest first."""
    return tuple(ScriptDirectory.from_config(config).walk_revisions())[::-1]


def _shadow(databases: Scratch) -> dict[str, str]:
    """Return what names the scratch server to a process."""
    return {SETTING: databases.url.render_as_string(hide_password=False)}
