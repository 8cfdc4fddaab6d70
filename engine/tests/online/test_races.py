"""Several runs at once on one database are one run."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.database.run_lock import hold_run_lock
from alembic_pg.testing import state
from sqlalchemy import text
from tests.interrupts import until
from tests.online.busy import expect_all

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


PATIENCE = 180  # seconds

NUMBERS = [2, pytest.param(8, marks=pytest.mark.online)]

_MACHINE = "SELECT coalesce(host(inet_client_addr()), 'this machine')"


def at_once(tree: Tree, url: URL, number: int, folder: Path) -> list[str]:
    """Let some runs wait for the same moment, and return what all of them say; each succeeds."""
    files = [folder / f"{one}.txt" for one in range(number)]
    with ExitStack() as stack:
        with make_engine(url).connect() as first, hold_run_lock(first):
            pid = first.scalar(text("SELECT pg_backend_pid()"))
            # By a socket, a server that tests are pointed at may be reached by TCP.
            machine = first.scalar(text(_MACHINE))
            first.rollback()
            processes = [
                stack.enter_context(
                    subprocess.Popen(
                        [sys.executable, "-m", "alembic", "upgrade", "head"],
                        cwd=tree.root,
                        env=tree.variables(),
                        stderr=stack.enter_context(file.open("w")),
                    )
                )
                for file in files
            ]
            waiting = (
                f"Waiting from now on for another run on this database (process {pid}: "
                f"alembic on {machine}, connected for "
            )
            until(lambda: all(file.read_text().startswith(waiting) for file in files), PATIENCE)
        assert [process.wait(PATIENCE) for process in processes] == [0] * number
    return [line for file in files for line in file.read_text().splitlines()]


@pytest.mark.parametrize("number", NUMBERS)
def test_on_an_empty_database(
    project: Tree, empty: URL, revisions: tuple[Script, ...], tmp_path: Path, number: int
) -> None:
    said = at_once(project, empty, number, tmp_path)
    assert [line for line in said if line.startswith("Running ")] == [
        f"Running upgrade {one.down_revision or ''} -> {one.revision}, {one.doc}"
        for one in revisions
    ]
    assert state.versions(empty) == [revisions[-1].revision]


@pytest.mark.parametrize("number", NUMBERS)
def test_on_a_filled_database(busy: Tree, empty: URL, tmp_path: Path, number: int) -> None:
    said = at_once(busy, empty, number, tmp_path)
    assert sum(line.startswith("Running upgrade 0a -> 1a") for line in said) == 1
    expect_all(empty)
