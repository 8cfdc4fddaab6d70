"""Connect to a database, or raise a UserError that says why that fails."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from alembic_pg.database import errors
from alembic_pg.database.watched_connection import WatchedConnection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Connection, Engine

# Seconds; libpq's own default waits for the operating system, which may be two minutes.
CONNECT_TIMEOUT = 10


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
    if "client_encoding" not in url.query:
        arguments["client_encoding"] = "utf8"  # whatever PGCLIENTENCODING says
    return create_engine(url, poolclass=NullPool, connect_args=arguments)


@contextmanager
def connect(url: URL, *, source: str, autocommit: bool = False) -> Iterator[Connection]:
    """Yield a connection and close it.

    source: the name of the setting that the URL came from, for the message.
    Raises UserError when there is no server, database, user or permission.
    """
    bind = make_engine(url)
    if autocommit:
        bind = bind.execution_options(isolation_level="AUTOCOMMIT")
    try:
        connection = bind.connect()
    except (DBAPIError, UnicodeError) as error:
        raise errors.connection_error(error, url, source=source) from error
    with connection:
        yield connection
