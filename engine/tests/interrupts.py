"""A command as a process that gets signals at a moment that is waited for."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.database.connect import make_engine
from alembic_pg.testing.forked import CommandResult
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

ENOUGH = 30  # seconds; what is interrupted would take much longer

INTERRUPTED = "Interrupted: what was running is rolled back. Run the same command again."

TERMINATED = "Terminated: what was running is rolled back. Run the same command again."


def interrupted(  # the last three are rare
    tree: Tree,
    *arguments: str,
    when: Callable[[], bool] = lambda: True,
    says: str = "",
    number: signal.Signals = signal.SIGINT,
    impatient: bool = False,
    **environment: str,
) -> CommandResult:
    """Run a command and send it a signal at some moment.

    when, says: what must be so then, and what the command must have said. impatient: whether to
    send it again and again, until the process is gone.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        with (
            out.open("w") as output,
            err.open("w") as errors,
            subprocess.Popen(
                [sys.executable, "-m", "alembic", *arguments],
                cwd=tree.root,
                env=tree.variables(**environment),
                stdout=output,
                stderr=errors,
            ) as process,
        ):
            until(lambda: process.poll() is not None or (says in err.read_text() and when()))
            process.send_signal(number)
            while impatient and process.poll() is None:
                process.send_signal(number)
                time.sleep(0.001)
            process.wait(ENOUGH)
        return CommandResult(process.returncode, out.read_text(), err.read_text())


def until(condition: Callable[[], bool], patience: float = ENOUGH) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)


def waits(database: URL, event: str, query: str = "") -> Callable[[], bool]:
    """Return a function that says whether somebody waits for something in the database.

    query: what their message has; other statements may come before in it.
    """
    asked = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event = :event AND strpos(query, :query) > 0"
    )

    def ask() -> bool:
        with make_engine(database).connect() as connection:
            return bool(connection.scalar(asked, {"event": event, "query": query}))

    return ask


def expect_sessions(database: URL, number: int) -> None:
    """Wait until so many sessions of the database are left, beside the one that asks."""
    asked = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    # A transaction would see the same ones again and again.
    engine = make_engine(database).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        until(lambda: connection.scalar(asked) == number)
