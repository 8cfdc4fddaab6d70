"""Find the target, the database that upgrade and downgrade change."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from alembic_pg.database import url as urls
from alembic_pg.database.connect import connect
from alembic_pg.database.project_files import DATA_FOLDER
from alembic_pg.embedded import programs, server_files
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.config import Config
    from sqlalchemy.engine import URL, Connection

TARGET_VARIABLE = "DATABASE_URL"
EMBEDDED_SOURCE = "the embedded server"

# The database on the embedded server, and the option of alembic.ini that gives it another name.
EMBEDDED_DATABASE = "app"
EMBEDDED_DATABASE_OPTION = "embedded_database"


@dataclass(frozen=True)
class Target:
    """Where the target is, and which setting said so."""

    url: URL
    source: str


def find(
    root: Path, configured: str | None = None, *, embedded_database: str = EMBEDDED_DATABASE
) -> Target:
    """Return the target.

    root: the folder of the working tree, where the embedded server keeps its data.
    configured: a URL that a caller of the Python API put into Alembic's configuration.
    embedded_database: the database's name on the embedded server, where it is made when missing.
    Raises UserError when nothing names a target, or a URL cannot be parsed.
    """
    if configured:
        return Target(urls.parse(configured, source="sqlalchemy.url"), "sqlalchemy.url")
    if setting := os.environ.get(TARGET_VARIABLE):
        return Target(urls.parse(setting, source=TARGET_VARIABLE), TARGET_VARIABLE)
    if not programs.can_run_server():
        raise UserError(
            f"No database is named: set {TARGET_VARIABLE} to postgresql://user:password@host:5432/database."
        )
    return _embedded_target(root, embedded_database)


def embedded_folder(root: Path) -> Path:
    """Return the folder of the target's embedded server in a working tree."""
    return root / DATA_FOLDER / "target"


def is_embedded(root: Path, url: URL) -> bool:
    """Return whether a URL is that of the working tree's embedded server."""
    sockets = server_files.read_note(embedded_folder(root))
    return sockets is not None and url.query.get("host") == str(sockets)


def embedded_database(config: Config) -> str:
    """Return the name that a configuration gives the database on the embedded server."""
    return config.get_alembic_option(EMBEDDED_DATABASE_OPTION) or EMBEDDED_DATABASE


def of_engine(url: URL) -> Target:
    """Return the target that an engine of env.py's has, whatever its driver is."""
    source = "the URL of env.py's engine"
    return Target(urls.parse(url.render_as_string(hide_password=False), source=source), source)


def describe_server(connection: Connection, known: str) -> str:
    """Return what a person calls the server of a connection; never a password.

    known: that name, where it is known; "" for the server's address.
    """
    driver: Any = connection.connection.dbapi_connection
    about = driver.info
    is_local = not about.host or about.host.startswith(("/", "@"))
    return known or ("this machine" if is_local else f"{about.host}:{about.port}")


def _embedded_target(root: Path, database: str) -> Target:
    """Return the target on the embedded server, which is started and given its database."""
    from alembic_pg.embedded import server  # noqa: PLC0415  # there is none on Windows

    running = server.start(embedded_folder(root), durable=True)
    with connect(running.url("postgres"), source=EMBEDDED_SOURCE, autocommit=True) as connection:
        if not _database_exists(connection, database):
            # Two first commands at once: the second waits here, and finds it made.
            connection.execute(text("SELECT pg_advisory_lock(1)"))
            if not _database_exists(connection, database):
                quoted = database.replace('"', '""')
                connection.exec_driver_sql(
                    f'CREATE DATABASE "{quoted}"', execution_options={"no_parameters": True}
                )
    return Target(running.url(database), EMBEDDED_SOURCE)


def _database_exists(connection: Connection, database: str) -> bool:
    """Return whether the embedded server has its database."""
    found = text("SELECT 1 FROM pg_database WHERE datname = :name")
    return connection.scalar(found, {"name": database}) is not None
