"""Runs as processes, killed again and again."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.online.busy import expect_all

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


@pytest.mark.online
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_killed_again_and_again(busy: Tree, empty: URL, number: signal.Signals) -> None:
    """Each run lives a little longer than the one before."""
    for tries in range(100):
        process = subprocess.Popen(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=busy.root,
            env=busy.variables(ALEMBIC_BATCH="5ms"),
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(0.7 + tries / 10)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            process.wait()
        if process.returncode == 0:
            break
    expect_all(empty)
