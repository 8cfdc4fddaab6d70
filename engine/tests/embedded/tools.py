"""What the tests of embedded servers ask of a server, its files and its processes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg2
from alembic_pg.embedded import server_files
from alembic_pg.embedded.lease import has_keeper

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 20.0  # seconds


class Tools:
    """What the tests of this folder share."""

    @staticmethod
    def until(condition: Callable[[], object]) -> None:
        """Wait until the condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "it did not come true"
            time.sleep(0.01)

    @staticmethod
    def sql(sockets: Path, statement: str) -> list[tuple[object, ...]]:
        """Run a statement in the database postgres and return its rows."""
        connection = psycopg2.connect(
            host=str(sockets), port=server_files.PORT, user="postgres", dbname="postgres"
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    @staticmethod
    def below(folder: Path) -> list[psutil.Process]:
        """Return the living processes that are in the folder: its servers and their keepers."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() == psutil.STATUS_ZOMBIE:  # of a container's idle first process
                    continue
                if Path(process.cwd()).is_relative_to(folder):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    @classmethod
    def ended(cls, folder: Path, sockets: Path) -> None:
        """Wait until nothing is left of the folder's server, once nobody uses it."""
        cls.until(lambda: not cls.below(folder))
        cls.until(lambda: not has_keeper(folder))
        assert not server_files.server_processes(sockets)
        assert not sockets.exists()
        assert not (folder / server_files.NOTE).exists()
        assert server_files.read_postmaster(folder) == (0, "")

    @staticmethod
    def keeper(folder: Path) -> psutil.Process:
        """Return the folder's keeper."""
        return psutil.Process(json.loads((folder / server_files.NOTE).read_text())["keeper"])

    @classmethod
    def kill_keeper(cls, folder: Path) -> None:
        """Kill the folder's keeper and wait until it has lost its lock; it dies when it is run."""
        cls.keeper(folder).kill()
        cls.until(lambda: not has_keeper(folder))

    @staticmethod
    def postmaster(folder: Path) -> psutil.Process:
        """Return the folder's server."""
        return psutil.Process(server_files.read_postmaster(folder)[0])

    @staticmethod
    def segments(creator: int) -> list[str]:
        """Return the System V shared memory which that process made and left (proc(5))."""
        rows = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
        return [row for row in rows if int(row.split()[4]) == creator]
