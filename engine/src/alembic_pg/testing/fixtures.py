"""Give pytest fixtures: databases on a shared server, and working trees with the alembic command.

A project's conftest.py takes them with ``pytest_plugins = ["alembic_pg.testing.fixtures"]``.
"""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory

from alembic_pg.database.connect import make_engine
from alembic_pg.database.scratch import SCRATCH_VARIABLE, ScratchServer, scratch_server
from alembic_pg.embedded import programs
from alembic_pg.revisions import history_database
from alembic_pg.testing.forked import Forkserver, start_forkserver
from alembic_pg.testing.tree import Tree, copy_tree, scratch_variables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import URL, Engine


@pytest.fixture(scope="session")
def root(pytestconfig: pytest.Config) -> Path:
    """The folder of alembic.ini: pytest's own root, unless a conftest.py says else."""
    return pytestconfig.rootpath


@pytest.fixture(scope="session")
def databases(root: Path, pytestconfig: pytest.Config) -> Iterator[ScratchServer]:
    """The server of scratch databases, shared by all workers: SHADOW_DATABASE_URL's or our own."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        if not os.environ.get(SCRATCH_VARIABLE):
            from alembic_pg.testing import memory_server  # noqa: PLC0415  # there is none on Windows

            ours = memory_server.start_server(pytestconfig.rootpath)
            stack.callback(ours.release)
            patch.setenv(SCRATCH_VARIABLE, ours.url("postgres").render_as_string())
        yield stack.enter_context(scratch_server(root))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the proofs of alembic_pg.testing.proofs be told what is new, and what was released."""
    group = parser.getgroup("alembic-pg")
    group.addoption(
        "--proof-base",
        metavar="BASE",
        help="revisions that are not in this revision or git commit are new; base: all are",
    )
    group.addoption(
        "--release-before",
        metavar="COMMIT",
        help="the release before; default: the last tag, else main",
    )
    group.addoption(
        "--release-tests", metavar="COMMAND", help="that release's own tests, to run in its tree"
    )


def pytest_configure() -> None:
    """Let processes be interrupted, also when a shell began the tests in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no server behind, when the workers have ended."""
    if not hasattr(config, "workerinput") and programs.can_run_server():
        from alembic_pg.testing import memory_server  # noqa: PLC0415  # there is none on Windows

        memory_server.remove_server(config.rootpath)


@pytest.fixture(scope="session")
def forks() -> Iterator[Forkserver]:
    """The process from which the alembic commands are forked."""
    with start_forkserver() as server:
        yield server


@pytest.fixture(scope="session")
def config(root: Path) -> Config:
    """The project's own alembic.ini."""
    return Config(root / "alembic.ini")


@pytest.fixture(scope="session")
def head(databases: ScratchServer, config: Config) -> str:
    """The name of a template at head, migrated once for all tests and workers."""
    script = ScriptDirectory.from_config(config)
    return history_database.ensure_template(databases, EnvironmentContext(config, script))


@pytest.fixture
def empty(databases: ScratchServer) -> Iterator[URL]:
    """An empty database."""
    name = databases.create()
    yield databases.database_url(name)
    databases.drop(name)


@pytest.fixture
def database(databases: ScratchServer, head: str) -> Iterator[URL]:
    """A database at head."""
    name = databases.create(head)
    yield databases.database_url(name)
    databases.drop(name)


@pytest.fixture
def engine(database: URL) -> Iterator[Engine]:
    """An engine of a database at head."""
    made = make_engine(database)
    yield made
    made.dispose()


@pytest.fixture
def project(root: Path, databases: ScratchServer, empty: URL, forks: Forkserver) -> Tree:
    """This working tree, for commands that write nothing into it, on an empty database."""
    return Tree(root, scratch_variables(databases), forks).on(empty)


@pytest.fixture
def at_head(project: Tree, database: URL) -> Tree:
    """This working tree, for commands that write nothing into it, on a database at head."""
    return project.on(database)


@pytest.fixture
def tree(
    root: Path, databases: ScratchServer, empty: URL, forks: Forkserver, tmp_path: Path
) -> Iterator[Tree]:
    """A copy of the working tree, to be edited, on an empty database."""
    with copy_tree(root, databases, forks, tmp_path / "tree") as made:
        yield made.on(empty)


@pytest.fixture
def tree_at_head(tree: Tree, database: URL) -> Tree:
    """A copy of the working tree, to be edited, on a database at head."""
    return tree.on(database)


@pytest.fixture(scope="session")
def revisions(config: Config) -> tuple[Script, ...]:
    """The project's revisions, oldest first."""
    return tuple(ScriptDirectory.from_config(config).walk_revisions())[::-1]
