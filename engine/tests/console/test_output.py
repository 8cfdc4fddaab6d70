"""What becomes of a command whose output nobody reads, or which cannot be written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing import state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

SQL, PLAN, HISTORY = ("upgrade", "head", "--sql"), ("-x", "plan", "upgrade", "head"), ("history",)

# With and without Python's own buffer, of which the rest is written at the very end.
BUFFERS = {"buffered": "", "unbuffered": "1"}


@pytest.fixture
def unread() -> Iterator[int]:
    """A pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.fixture
def alembic(project: Tree) -> Callable[..., tuple[int, str]]:
    """Return a function that runs the command, and returns its exit code and what it says."""

    def run(*arguments: str, out: int, err: int = subprocess.PIPE, buffer: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=project.root,
            env=project.variables(PYTHONUNBUFFERED=BUFFERS[buffer]),
            stdout=out,
            stderr=err,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stderr

    return run


@pytest.mark.parametrize(
    ("arguments", "buffer"),
    [(SQL, "buffered"), (SQL, "unbuffered"), (PLAN, "buffered"), (HISTORY, "buffered")],
)
def test_a_reader_that_is_gone(
    alembic: Callable[..., tuple[int, str]], unread: int, arguments: tuple[str, ...], buffer: str
) -> None:
    code, err = alembic(*arguments, out=unread, buffer=buffer)
    # What Alembic itself prints it gives up in silence, unless that is done at the end.
    ends = {-signal.SIGPIPE} if arguments == SQL else {-signal.SIGPIPE, 0}
    assert code in ends
    assert err == ""


@pytest.mark.parametrize("arguments", [SQL, PLAN, HISTORY], ids=["sql", "plan", "history"])
def test_a_reader_of_one_line(project: Tree, arguments: tuple[str, ...]) -> None:
    line = f"{sys.executable} -m alembic {' '.join(arguments)} | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=project.root,
        env=project.variables(PYTHONUNBUFFERED=""),
        capture_output=True,
        text=True,
        check=False,
    )
    _, code = done.stdout.splitlines()
    assert int(code) in {0, 128 + signal.SIGPIPE}
    assert done.stderr == ""


@pytest.mark.parametrize("buffer", BUFFERS)
def test_a_run_whose_lines_nobody_reads_goes_on(
    alembic: Callable[..., tuple[int, str]],
    unread: int,
    empty: URL,
    revisions: tuple[Script, ...],
    buffer: str,
) -> None:
    assert alembic("upgrade", "head", out=unread, err=unread, buffer=buffer)[0] == 0
    assert state.versions(empty) == [revisions[-1].revision]


def with_closed(tree: Tree, command: str, closed: str) -> subprocess.CompletedProcess[str]:
    """Run the alembic command with standard streams closed, as the shell says it."""
    return subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m alembic {command} {closed}"],
        cwd=tree.root,
        env=tree.variables(),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&- <&-"])
def test_an_output_that_is_closed(
    project: Tree, empty: URL, revisions: tuple[Script, ...], closed: str
) -> None:
    done = with_closed(project, "upgrade head", closed)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert state.versions(empty) == [revisions[-1].revision]


@pytest.mark.parametrize("command", ["current", "heads", "history", "check", "upgrade head --sql"])
def test_nothing_is_read_of_an_output_that_is_closed(tree_at_head: Tree, command: str) -> None:
    done = with_closed(tree_at_head, command, ">&-")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_failure_is_told_whoever_reads_the_output(
    alembic: Callable[..., tuple[int, str]], unread: int
) -> None:
    code, err = alembic("upgrade", "nope", "--sql", out=unread, buffer="buffered")
    assert (code, err) == (1, "FAILED: No such revision or branch 'nope'. See alembic history.\n")


@pytest.mark.parametrize("arguments", [HISTORY, SQL], ids=["history", "sql"])
def test_a_full_disk(alembic: Callable[..., tuple[int, str]], arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123  # no file
        code, err = alembic(*arguments, out=full.fileno(), buffer="buffered")
    told = "FAILED: The output cannot be written (No space left on device).\n"
    assert (code, err) == (1, told)
