"""Commands where Python lacks what it lacks on Windows: they need two URLs, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.commands.own import own
from tests.failures.fails import said

if TYPE_CHECKING:
    from alembic_pg.testing.forked import CommandResult
    from alembic_pg.testing.tree import Tree

TAGS = '''
"""Tags."""

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Tag(Base):
    """A tag."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
'''


@pytest.fixture
def windows(tree: Tree) -> Tree:
    """A copy of the tree, whose commands are processes as on Windows."""
    return replace(
        tree, environment=tree.environment | {"PYTHONPATH": str(Path(__file__).parent.resolve())}
    )


def test_what_is_blocked_is_blocked(windows: Tree) -> None:
    for code in ("import fcntl", "import pwd", "import os; os.fork", "import select; select.poll"):
        done = subprocess.run(
            [sys.executable, "-c", code], env=windows.variables(), capture_output=True, check=False
        )
        assert done.returncode == 1


def test_with_two_urls_every_command_works(windows: Tree) -> None:
    assert ok(windows.alembic("current")) == ""
    assert "Nothing was done" in ok(windows.alembic("-x", "plan", "upgrade", "head"))
    assert "Nothing was done" in ok(own(windows, "plan"))
    assert "no embedded database" in ok(own(windows, "reset", DATABASE_URL=""))
    ok(windows.alembic("upgrade", "head"))
    assert "(head)" in ok(windows.alembic("current"))
    ok(windows.alembic("check"))
    (windows.root / "models" / "tags.py").write_text(TAGS)
    assert "tags" in ok(windows.alembic("revision", "--autogenerate", "-m", "create tags table"))
    ok(windows.alembic("upgrade", "head"))
    ok(windows.alembic("check"))
    assert "CREATE TABLE tags" in ok(windows.alembic("upgrade", "head", "--sql"))
    ok(windows.alembic("downgrade", "base"))
    ok(windows.alembic("stamp", "head"))
    assert "1" in ok(own(windows, "psql", "-c", "SELECT 1"))


@pytest.mark.parametrize(
    "command",
    [("current",), ("upgrade", "head"), ("downgrade", "base"), ("-x", "plan", "upgrade", "head")],
)
def test_without_a_target_one_sentence_says_what_to_set(
    windows: Tree, command: tuple[str, ...]
) -> None:
    assert said(windows.alembic(*command, DATABASE_URL="")) == (
        "No database is named: set DATABASE_URL to postgresql://user:password@host:5432/database."
    )


@pytest.mark.parametrize("command", [("check",), ("revision", "--autogenerate", "-m", "nothing")])
def test_without_a_scratch_server_one_sentence_says_what_to_set(
    windows: Tree, command: tuple[str, ...]
) -> None:
    assert said(windows.alembic(*command, SHADOW_DATABASE_URL="")) == (
        "Comparing needs a PostgreSQL server for scratch databases: "
        "set SHADOW_DATABASE_URL to postgresql://user:password@host:5432/postgres."
    )


def test_psql_says_it_too(windows: Tree) -> None:
    assert said(own(windows, "psql", DATABASE_URL="")) == (
        "No database is named: set DATABASE_URL to postgresql://user:password@host:5432/database."
    )


def test_an_output_that_nobody_reads_ends_a_command_in_silence(windows: Tree) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head", "--sql"],
        cwd=windows.root,
        env=windows.variables(),
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def ok(done: CommandResult) -> str:
    """Return what a command prints that succeeds."""
    assert done.code == 0, done
    assert "Traceback" not in done.err
    return done.out
