"""Create, copy, keep and drop scratch databases, which never belong to anybody else."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.database import url as urls
from alembic_pg.database.connect import connect
from alembic_pg.database.errors import SqlState
from alembic_pg.embedded import programs
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from sqlalchemy.engine import URL, Connection

SCRATCH_VARIABLE = "SHADOW_DATABASE_URL"

# What a message calls the server, when a connection to a database of it fails.
SCRATCH_SOURCE = "the scratch server"

# The second is what the server says where the other database came in the same moment.
_ALREADY_EXISTS = {SqlState.DUPLICATE_DATABASE, SqlState.UNIQUE_VIOLATION}

_SERVER_PROPERTIES = """
SELECT oid, current_setting('server_version_num')::int, current_setting('fsync')::bool
FROM pg_database WHERE datname = current_database()
"""


@dataclass(frozen=True)
class ScratchServer:
    """A server for scratch databases, and the connection that makes and drops them.

    Every scratch database is kept by an advisory lock of its maker's connection. The server takes
    the lock back when the maker dies, and the next one sweeps what has no lock.

    prefix: of the names of all databases of one working tree.
    version: the server's, as its server_version_num.
    fsync: whether the server syncs to the disk.
    dropper: drops databases while this process goes on.
    created: the names of the databases that this connection made, and that are still there.
    dropped: those that the dropper has dropped, and whose locks this connection still holds.
    """

    connection: Connection
    url: URL
    prefix: str
    version: int
    fsync: bool
    dropper: Executor
    created: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def database_url(self, name: str) -> URL:
        """Return the URL of a database on this server."""
        return self.url.set(database=name)

    def create(self, template: str = "template0") -> str:
        """Return the name of a new scratch database, a copy of another one that nobody uses."""
        while self.dropped:
            self._unlock(self.dropped.pop())
        name = f"{self.prefix}_scratch_{secrets.token_hex(6)}"
        self._execute("SELECT pg_advisory_lock(:key)", key=_lock_key(name))
        self.created.append(name)
        encoding = " ENCODING 'UTF8'" if template == "template0" else ""
        # Copying files beats logging each block where nothing is ever synced to the disk.
        strategy = "" if self.fsync else " STRATEGY file_copy"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{encoding}{strategy}')
        return name

    def drop(self, name: str) -> None:
        """Drop a scratch database that this connection made."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._unlock(name)
        self.created.remove(name)

    def drop_in_background(self, name: str) -> None:
        """Let a scratch database be dropped that this connection made, while this process goes on.

        What cannot be dropped is swept by the next one.
        """
        self.created.remove(name)
        self.dropper.submit(_drop_database, self.url, name, self.dropped)

    def keep_as_template(self, name: str, template: str) -> None:
        """Turn a scratch database into a template that later processes copy.

        Where another process was first with the same template, its one stays.
        """
        try:
            self._execute(f'ALTER DATABASE "{name}" RENAME TO "{template}"')
        except DBAPIError as error:
            if errors.sqlstate(error) not in _ALREADY_EXISTS:
                raise
            self.drop(name)
            return
        # Nobody may change it, and a copy needs it free of connections.
        self._execute(f'ALTER DATABASE "{template}" WITH ALLOW_CONNECTIONS false')
        self._unlock(name)
        self.created.remove(name)

    def templates(self) -> list[str]:
        """Return the names of this tree's templates, oldest first."""
        return self._names("_history_")

    def drop_template(self, template: str) -> None:
        """Drop a template, unless somebody copies it at this moment."""
        try:
            self._execute(f'DROP DATABASE IF EXISTS "{template}"')
        except DBAPIError as error:
            if errors.sqlstate(error) != SqlState.OBJECT_IN_USE:
                raise

    def drop_abandoned(self) -> None:
        """Drop this tree's scratch databases whose makers are gone."""
        for name in self._names("_scratch_"):
            free = self.connection.scalar(
                text("SELECT pg_try_advisory_lock(:key)"), {"key": _lock_key(name)}
            )
            if free:
                self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                self._unlock(name)

    def _names(self, kind: str) -> list[str]:
        rows = self.connection.scalars(
            text("SELECT datname FROM pg_database WHERE starts_with(datname, :p) ORDER BY oid"),
            {"p": self.prefix + kind},
        )
        return list(rows)

    def _unlock(self, name: str) -> None:
        self._execute("SELECT pg_advisory_unlock(:key)", key=_lock_key(name))

    def _execute(self, statement: str, **parameters: object) -> None:
        try:
            self.connection.execute(text(statement), parameters)
        except DBAPIError as error:
            if errors.sqlstate(error) == SqlState.INSUFFICIENT_PRIVILEGE:
                raise UserError(
                    f"The role of {SCRATCH_VARIABLE} may not make scratch databases "
                    f"({errors.describe_error(error)}): give it CREATEDB."
                ) from error
            raise


@contextmanager
def scratch_server(root: Path) -> Iterator[ScratchServer]:
    """Yield the server of scratch databases; what was made and not kept is dropped at the end.

    It is the one that SHADOW_DATABASE_URL names, else the embedded one of the working tree.
    root: the folder of the working tree.
    Raises UserError when there is neither, or it cannot be reached.
    """
    url, source = _find_server(root)
    with (
        connect(url, source=source, autocommit=True) as connection,
        ThreadPoolExecutor(1) as beside,
    ):
        # A lock belongs to one database of the server, so only what was made through the same
        # one, from the same tree, is this tree's.
        oid, version, synced = connection.execute(text(_SERVER_PROPERTIES)).one()
        tree = hashlib.sha256(f"{socket.gethostname()}:{root}:{oid}".encode()).hexdigest()[:10]
        databases = ScratchServer(connection, url, f"apg_{tree}", version, synced, beside)
        databases.drop_abandoned()
        try:
            yield databases
        except DBAPIError as error:
            if error.connection_invalidated:
                raise UserError("The scratch server went away: run the command again.") from error
            raise
        finally:
            for name in list(databases.created):
                databases.drop_in_background(name)


def _drop_database(url: URL, name: str, gone: list[str]) -> None:
    with connect(url, source=SCRATCH_VARIABLE, autocommit=True) as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    gone.append(name)


def has_scratch_server() -> bool:
    """Return whether there is a server for scratch databases."""
    return bool(os.environ.get(SCRATCH_VARIABLE)) or programs.can_run_server()


def server_identity() -> str:
    """Return what tells the server of scratch databases from another one, with its version.

    The embedded one's version is that of an installed package.
    """
    setting = os.environ.get(SCRATCH_VARIABLE)
    if not setting:
        return "embedded"
    url = urls.parse(setting, source=SCRATCH_VARIABLE)
    with connect(url, source=SCRATCH_VARIABLE) as connection:
        version = connection.scalar(text("SELECT version()"))
    return f"{url.render_as_string(hide_password=False)} {version}"


def _find_server(root: Path) -> tuple[URL, str]:
    if setting := os.environ.get(SCRATCH_VARIABLE):
        return urls.parse(setting, source=SCRATCH_VARIABLE), SCRATCH_VARIABLE
    if not programs.can_run_server():
        other = (
            ", or install alembic-pg[embedded]"
            if programs.runs_here()
            else " to postgresql://user:password@host:5432/postgres"
        )
        raise UserError(
            "Comparing needs a PostgreSQL server for scratch databases: "
            f"set {SCRATCH_VARIABLE}{other}."
        )
    from alembic_pg.embedded import server  # noqa: PLC0415  # there is none on Windows

    running = server.start(root / ".postgres" / "scratch", durable=False)
    return running.url("postgres"), "the embedded server"


def _lock_key(name: str) -> int:
    """Return the advisory lock's key, 64 bits with a sign, of a database's name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
