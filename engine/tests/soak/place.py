"""A server, a project and its databases, in which the rounds of a soak test take place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg2
from alembic_pg.database import postgres_programs
from alembic_pg.embedded import programs, server, server_files
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import URL

_INI = """\
[alembic]
script_location = %(here)s/alembic
version_locations = %(here)s/alembic/versions
path_separator = newline
"""
_ENV = """\
from alembic_pg import environment
from sqlalchemy import MetaData

environment.run(metadata=MetaData())
"""

_DISK = "2g"  # of memory, at most
_PATIENCE = 600  # seconds for what nobody has stopped


@dataclass
class Place:
    """A server of its own, and a project.

    own_disk: whether to give it a small disk of its own, which can be full; where that is not
    allowed there is none. running: changes when the server starts again, since its socket is
    elsewhere then.
    """

    root: Path
    own_disk: bool = False
    running: server.Server = field(init=False)

    def __post_init__(self) -> None:
        """Make the project, and start the server with what the traffic needs."""
        self.versions.mkdir(parents=True)
        (self.root / "alembic.ini").write_text(_INI)
        (self.root / "alembic" / "env.py").write_text(_ENV)
        self._disk.mkdir()
        if self.own_disk:
            self.own_disk = self._mounted(f"mount -t tmpfs -o size={_DISK},mode=755 soak")
        self.running = server.start(self._server, durable=True)
        self.execute("postgres", "ALTER SYSTEM SET max_prepared_transactions = 20")
        self.restart()

    def close(self) -> None:
        """Let the server stop, and give the disk back."""
        self.running.release()
        deadline = time.monotonic() + _PATIENCE
        while server_files.read_postmaster(self._server)[0] and time.monotonic() < deadline:
            time.sleep(0.05)
        if self.own_disk:
            self._mounted("umount --lazy")

    @property
    def _disk(self) -> Path:
        return self.root / "disk"

    @property
    def _server(self) -> Path:
        return self._disk / "server"

    def _mounted(self, command: str) -> bool:
        """Return whether a command was allowed that mounts the disk, or takes it away."""
        try:
            subprocess.run([*command.split(), self._disk], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return False
        return True

    @contextmanager
    def full_disk(self, room: int) -> Iterator[None]:
        """Leave so many bytes of the disk meanwhile; then see to it that the server runs."""
        ballast = self._disk / "ballast"
        found = os.statvfs(self._disk)
        with ballast.open("wb") as file, suppress(OSError):
            os.posix_fallocate(file.fileno(), 0, max(1, found.f_bavail * found.f_frsize - room))
        try:
            yield
        finally:
            ballast.unlink()
            self.until_ready()

    def until_ready(self) -> None:
        """Wait until the server answers, which may have crashed; start it where it gave up."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            with suppress(psycopg2.Error, UserError):
                self.running = server.start(self._server, durable=True)
                self.execute("postgres", "SELECT 1")
                return
            time.sleep(0.05)
        raise TimeoutError

    @property
    def versions(self) -> Path:
        """The folder of the revisions."""
        return self.root / "alembic" / "versions"

    def url(self, database: str) -> URL:
        """Return the URL of a database, as it is now."""
        return self.running.url(database)

    def connect(self, database: str) -> psycopg2.extensions.connection:
        """Connect to a database; each statement is committed by itself."""
        connection = psycopg2.connect(
            host=str(self.running.socket_directory), user="postgres", dbname=database
        )
        connection.autocommit = True
        return connection

    def execute(self, database: str, *statements: str) -> list[tuple[Any, ...]]:
        """Execute statements, each by itself; return what the last one found."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def restart(self) -> None:
        """Let the server stop at once (pg_ctl stop -m immediate), and start it again."""
        pid, _ = server_files.read_postmaster(self._server)
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + _PATIENCE
        while server_files.read_postmaster(self._server)[0] == pid:
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.01)
        self.running = server.start(self._server, durable=True)

    def copy(self, database: str, template: str) -> None:
        """Make a database anew, as a template is."""
        self.execute(
            "postgres",
            f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)',
            f'CREATE DATABASE "{database}" TEMPLATE "{template}"',
        )

    def alembic(self, database: str, *arguments: str) -> subprocess.Popen[str]:
        """Begin a command in the project."""
        shadow = self.url("postgres").render_as_string(hide_password=False)
        told = ("ALEMBIC_TRACEBACK",)
        kept = {k: v for k, v in os.environ.items() if k in told or not k.startswith("ALEMBIC")}
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "alembic", *arguments],
            cwd=self.root,
            env={
                **kept,
                "DATABASE_URL": self.url(database).render_as_string(hide_password=False),
                "SHADOW_DATABASE_URL": shadow,
                "ALEMBIC_LARGE_TABLE": "0",
                "ALEMBIC_BATCH": "20ms",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def psql(self, database: str, file: Path) -> subprocess.Popen[str]:
        """Begin to execute a script."""
        program = programs.find("psql")
        assert program
        return subprocess.Popen(
            [program, "--no-psqlrc", "--quiet", "--file", str(file)],
            env=postgres_programs.libpq_environment(self.url(database)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return the exit code of a process and what it printed; end it where it hangs."""
    try:
        said, _ = process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        said += f"\n(ended after {_PATIENCE} s)"
        return -99, said
    return process.returncode, said
