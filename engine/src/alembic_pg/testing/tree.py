"""Run the alembic command in a working tree, or in a copy of it."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from alembic_pg.database.project_files import LEDGER_FILE, LEDGER_PARTS_FILE
from alembic_pg.database.scratch import SCRATCH_VARIABLE, scratch_server
from alembic_pg.testing.forked import CommandResult, Forkserver, can_fork, run_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy.engine import URL

    from alembic_pg.database.scratch import ScratchServer

# What a working tree is made of; the rest is made of it.
TREE_FILES = ("alembic", "alembic.ini", "models", "pyproject.toml")

# What a copy does not take along: a test edits revisions that have landed, and the ledger is there
# to refuse just that. A test that wants one has it written.
_LEFT_OUT = ("__pycache__", LEDGER_FILE, LEDGER_PARTS_FILE)

# In every URL that is given to a command, and in nothing that it may print.
PASSWORD = "mark-7f3a"


@dataclass(frozen=True)
class Tree:
    """A working tree, and the alembic command in it."""

    root: Path
    environment: dict[str, str]
    forks: Forkserver

    @property
    def versions(self) -> Path:
        """The folder of the revision files."""
        return self.root / "alembic" / "versions"

    def alembic(
        self, *arguments: str, prefix: Sequence[str] = (), **environment: str
    ) -> CommandResult:
        """Run the alembic command as a process; an empty variable is left out.

        It is forked from a process that has imported the libraries, where that makes no difference.
        prefix: a command that runs the one after it in some other way.
        """
        variables = self.variables(**environment)
        if not prefix and can_fork(variables):
            return self.forks.alembic(arguments, self.root, variables)
        command = [*prefix, sys.executable, "-m", "alembic", *arguments]
        return run_process(command, self.root, variables)

    def on(self, target: URL) -> Tree:
        """Return the tree on another database; the server takes any password, as it trusts all."""
        named = target.set(password=PASSWORD).render_as_string(hide_password=False)
        return replace(self, environment=self.environment | {"DATABASE_URL": named})

    def variables(self, **environment: str) -> dict[str, str]:
        """Return the environment of a command, without the variables that are empty."""
        variables = os.environ | self.environment | environment
        return {name: value for name, value in variables.items() if value}


@contextmanager
def copy_tree(
    original: Path, databases: ScratchServer, forks: Forkserver, root: Path
) -> Iterator[Tree]:
    """Yield a copy of a working tree, to be edited, that compares on a server."""
    root.mkdir()
    for name in TREE_FILES:
        source = original / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        else:
            shutil.copy(source, root)
    made = Tree(root, scratch_variables(databases), forks)
    yield made
    # The templates of its history serve nobody else.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SCRATCH_VARIABLE, made.environment[SCRATCH_VARIABLE])
        with scratch_server(root) as own:
            for template in own.templates():
                own.drop_template(template)


def scratch_variables(databases: ScratchServer) -> dict[str, str]:
    """Return what names the scratch server to a process."""
    return {SCRATCH_VARIABLE: databases.url.render_as_string(hide_password=False)}
