"""Connect to a database, or raise a UserError that says why that fails."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from alembic_pg import events
from alembic_pg.database import errors
from alembic_pg.database.url import server_address
from alembic_pg.database.watched_connection import WatchedConnection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Connection, Engine

# Seconds; libpq's own default waits for the operating system, which may be two minutes.
CONNECT_TIMEOUT = 10

# Seconds between two tries to connect to a server that is starting.
_CONNECT_PAUSE = 0.5

# Seconds of silence before a first sign of life, seconds until the next, and how many without an
# answer end the connection: sooner than the 350 s of the hastiest NAT.
_KEEPALIVES = {"keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 6}

# Parameters that are secrets beside the password, which SQLAlchemy hides by itself.
_SECRET_PARAMETERS = ("sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")


def make_engine(url: URL) -> Engine:
    """Return an engine that keeps no connection open, says who it is and shows no secret."""
    arguments: dict[str, Any] = {
        name: url.query[name] for name in _SECRET_PARAMETERS if name in url.query
    }
    arguments["connection_factory"] = WatchedConnection
    url = url.difference_update_query(_SECRET_PARAMETERS)
    if "fallback_application_name" not in url.query:
        arguments["fallback_application_name"] = "alembic"
    if "connect_timeout" not in url.query and "PGCONNECT_TIMEOUT" not in os.environ:
        arguments["connect_timeout"] = CONNECT_TIMEOUT
    # What lies between forgets a connection that is silent: for the time of an index build, say.
    arguments |= {name: value for name, value in _KEEPALIVES.items() if name not in url.query}
    if "client_encoding" not in url.query:
        arguments["client_encoding"] = "utf8"  # whatever PGCLIENTENCODING says
    return create_engine(url, poolclass=NullPool, connect_args=arguments)


@contextmanager
def connect(
    url: URL, *, source: str, autocommit: bool = False, wait: float = 0
) -> Iterator[Connection]:
    """Yield a connection and close it.

    source: the name of the setting that the URL came from, for the message. wait: how many seconds
    a server may take that is still starting.
    Raises UserError when there is no server, database, user or permission.
    """
    bind = make_engine(url)
    if autocommit:
        bind = bind.execution_options(isolation_level="AUTOCOMMIT")
    try:
        connection = _connect_when_ready(bind, url, wait)
    except (DBAPIError, UnicodeError) as error:
        raise errors.connection_error(error, url, source=source) from error
    with connection:
        yield connection


def _connect_when_ready(bind: Engine, url: URL, wait: float) -> Connection:
    """Connect; while the server does not answer yet, try again for some seconds."""
    began = time.monotonic()
    told = False
    while True:
        try:
            return bind.connect()
        except DBAPIError as error:
            if not errors.may_be_starting(error) or time.monotonic() - began >= wait:
                raise
        if not told:
            place = server_address(url)
            events.tell(events.WAITING_FOR_SERVER, f"Waiting for the server at {place} …")
        told = True
        time.sleep(_CONNECT_PAUSE)
