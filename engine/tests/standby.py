"""A real standby of a server of the tests, which streams what the server writes."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_pg.database.connect import make_engine
from alembic_pg.embedded import account, binaries, server, server_files
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.embedded.server import Server

SECONDS = 30


@contextmanager
def standby_of(primary: Server, place: Path) -> Iterator[Server]:
    """Run a standby. place: the primary's own folder, whose account runs it."""
    runs_it = account.choose_account(place / server_files.DATA)
    program = binaries.runnable_binaries(runs_it).folder / "pg_basebackup"
    become: dict[str, Any] = {}
    # That account may not enter a folder of pytest.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if runs_it is not None:
            os.chown(folder, runs_it.uid, runs_it.gid)
            become = {"user": runs_it.uid, "group": runs_it.gid, "extra_groups": []}
        data, host = str(folder / server_files.DATA), str(primary.socket_directory)
        command = [str(program), "-D", data, "-h", host, "-U", "postgres", "-R", "-c", "fast"]
        subprocess.run(command, cwd="/", check=True, **become)
        # Seconds; by default it says only every ten how far it is, while nothing is written.
        with (folder / server_files.DATA / "postgresql.auto.conf").open("a") as settings:
            settings.write("wal_receiver_status_interval = 1\n")
        running = server.start(folder, durable=True)
        try:
            yield running
        finally:
            running.release()


def follow(primary: Server, standby: Server) -> None:
    """Wait until a standby has all that its primary has written."""
    (written,) = ask(primary, "SELECT pg_current_wal_flush_lsn()::text")
    deadline = time.monotonic() + SECONDS
    while not ask(standby, f"SELECT pg_last_wal_replay_lsn() >= '{written}'")[0]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ask(of: Server, query: str) -> tuple[Any, ...]:
    """Return the first row that a query finds."""
    with make_engine(of.url("postgres")).connect() as connection:
        return tuple(connection.execute(text(query)).one())
