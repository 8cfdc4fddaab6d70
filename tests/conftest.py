"""Databases, trees and the alembic command for the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from ddl.compare import history
from ddl.database.connect import engine as connectable
from ddl.database.scratch import Scratch, scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import URL, Engine

ROOT = Path(__file__).resolve().parent.parent

# What a working tree is made of; the rest is made of it.
TREE = ("alembic", "alembic.ini", "ddl", "models", "pyproject.toml")


@dataclass(frozen=True)
class Result:
    """How a process ended and what it printed."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Tree:
    """A working tree, and the alembic command in it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def versions(self) -> Path:
        """The folder of the revision files."""
        return self.root / "alembic" / "versions"

    def alembic(self, *arguments: str, prefix: Sequence[str] = (), **environment: str) -> Result:
        """Run the alembic command as a process; an empty variable is left out.

        prefix: a command that runs the one after it in some other way.
        """
        done = subprocess.run(
            [*prefix, sys.executable, "-m", "alembic", *arguments],
            cwd=self.root,
            env=self.variables(**environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def variables(self, **environment: str) -> dict[str, str]:
        """Return the environment of a command, without the variables that are empty."""
        variables = os.environ | self.environment | environment
        return {name: value for name, value in variables.items() if value}


@pytest.fixture(scope="session")
def databases() -> Iterator[Scratch]:
    """The server of scratch databases, shared by all workers."""
    with scratch(ROOT) as server:
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
def project(databases: Scratch, empty: URL) -> Tree:
    """This working tree, for commands that write nothing into it, on an empty database."""
    return Tree(ROOT, _environment(databases, empty))


@pytest.fixture
def tree(
    databases: Scratch, empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    made = Tree(root, _environment(databases, empty))
    yield made
    # The templates of its history serve nobody else.
    monkeypatch.setenv("SHADOW_DATABASE_URL", made.environment["SHADOW_DATABASE_URL"])
    with scratch(root) as own:
        for template in own.templates():
            own.forget(template)


def _environment(databases: Scratch, target: URL) -> dict[str, str]:
    """Return what names the target and the scratch server to a process."""
    return {
        "DATABASE_URL": target.render_as_string(hide_password=False),
        "SHADOW_DATABASE_URL": databases.url.render_as_string(hide_password=False),
    }
