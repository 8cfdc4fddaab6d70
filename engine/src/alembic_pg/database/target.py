"""The target: the database that upgrade and downgrade change."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.database import url as urls
from alembic_pg.database.connect import connect
from alembic_pg.embedded import server
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import URL, Connection

TARGET_VARIABLE = "DATABASE_URL"
EMBEDDED_SOURCE = "the embedded server"
EMBEDDED_DATABASE = "posts"


@dataclass(frozen=True)
class Target:
    """Where the target is, and which setting said so."""

    url: URL
    source: str


def find(root: Path, configured: str | None = None) -> Target:
    """Return the target.

    root: the folder of the working tree, where the embedded server keeps its data.
    configured: a URL that a caller of the Python API put into Alembic's configuration.
    Raises UserError when nothing names a target, or a URL cannot be parsed.
    """
    if configured:
        return Target(urls.parse(configured, source="sqlalchemy.url"), "sqlalchemy.url")
    if setting := os.environ.get(TARGET_VARIABLE):
        return Target(urls.parse(setting, source=TARGET_VARIABLE), TARGET_VARIABLE)
    if not server.is_installed():
        raise UserError(
            f"No database is named: set {TARGET_VARIABLE} to postgresql://user:password@host:5432/database."
        )
    return _embedded_target(root)


def of_engine(url: URL) -> Target:
    """Return the target that an engine of env.py's has, whatever its driver is."""
    source = "the URL of env.py's engine"
    return Target(urls.parse(url.render_as_string(hide_password=False), source=source), source)


def _embedded_target(root: Path) -> Target:
    """Return the target on the embedded server, which is started and given its database."""
    running = server.start(root / ".postgres" / "target", durable=True)
    with connect(running.url("postgres"), source=EMBEDDED_SOURCE, autocommit=True) as connection:
        if not _database_exists(connection):
            # Two first commands at once: the second waits here, and finds it made.
            connection.execute(text("SELECT pg_advisory_lock(1)"))
            if not _database_exists(connection):
                connection.execute(text(f"CREATE DATABASE {EMBEDDED_DATABASE}"))
    return Target(running.url(EMBEDDED_DATABASE), EMBEDDED_SOURCE)


def _database_exists(connection: Connection) -> bool:
    """Return whether the embedded server has its database."""
    found = text("SELECT 1 FROM pg_database WHERE datname = :name")
    return connection.scalar(found, {"name": EMBEDDED_DATABASE}) is not None
