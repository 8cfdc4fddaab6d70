"""Parse a database URL in any spelling that libpq knows."""

from __future__ import annotations

import os
import re

import psycopg2
from psycopg2.extensions import parse_dsn
from sqlalchemy.engine import URL

from alembic_pg.errors import UserError

# A bare postgresql:// means psycopg 3 to SQLAlchemy 2.1, so the driver is always named.
DRIVER = "postgresql+psycopg2"

# What asyncpg is given in a URL and libpq does not know, with libpq's name of the same.
_ASYNCPG_PARAMETERS = {
    "ssl": "sslmode",
    "timeout": "connect_timeout",
    "async_fallback": "",
    "command_timeout": "",
    "prepared_statement_cache_size": "",
    "statement_cache_size": "",
}

_SCHEME = re.compile(r"^(postgres|postgresql)(\+\w+)?://")

# An "@" that libpq would take for a part of the host or of the database's name; it was meant to
# end a password that has an "@" or a "/" of its own, of which messages would then show a part.
_STRAY_AT = re.compile(r"^\w+://[^@/]*[@/][^?]*@")


def parse(text: str, *, source: str) -> URL:
    """Return the SQLAlchemy URL of a connection string.

    text: ``postgresql://``, ``postgres://``, ``postgresql+driver://`` or ``key=value`` pairs, with
    everything that libpq takes (PostgreSQL, 32.1.1 "Connection Strings"). What is left out comes
    from the PG* variables, as libpq does it when it connects.
    source: the name of the setting, for the message.
    Raises UserError when libpq cannot parse it; the message holds no part of the text, which may
    have a password in it.
    """
    dsn, schemes = _SCHEME.subn("postgresql://", text.strip())
    if "+" in text.partition("://")[0]:
        # The name of a driver makes it SQLAlchemy's, to which a plus sign there is a space.
        place, mark, query = dsn.partition("?")
        if "+asyncpg:" in text:
            query = _libpq_parameters(query)
        dsn = place + mark + query.replace("+", "%20")
    if not schemes and "://" in dsn:
        raise UserError(
            f"{source} is no PostgreSQL URL: write postgresql://user:password@host:5432/database."
        )
    if _STRAY_AT.match(dsn):
        raise UserError(
            f"{source} cannot be parsed: write @ as %40 and / as %2F in the password, "
            "and so in every other part."
        )
    try:
        parts = dict(parse_dsn(dsn))
        ports = [int(port) for port in parts.get("port", "").split(",") if port]
    except (psycopg2.Error, ValueError) as error:
        raise UserError(
            f"{source} cannot be parsed ({_libpq_reason(error)}): "
            "write postgresql://user:password@host:5432/database."
        ) from None
    return from_parameters(parts, ports)


def from_parameters(parts: dict[str, str], ports: list[int]) -> URL:
    """Return the URL of libpq's connection parameters.

    A socket directory, several hosts or an address stay in the query, which SQLAlchemy hands to
    libpq as they are.
    """
    rest = dict(parts)
    user, password = rest.pop("user", None), rest.pop("password", None)
    database = rest.pop("dbname", None)
    host = rest.get("host", "")
    plain = bool(host) and not host.startswith(("/", "@")) and "," not in host
    if plain:
        del rest["host"]
        rest.pop("port", None)
    return URL.create(
        DRIVER,
        username=user,
        password=password,
        host=host if plain else None,
        port=ports[0] if plain and ports else None,
        database=database,
        query=rest,
    )


def _libpq_parameters(query: str) -> str:
    """Return the parameters of a URL that was written for asyncpg in libpq's words."""
    pairs = [pair.partition("=") for pair in query.split("&")]
    named = [(_ASYNCPG_PARAMETERS.get(name, name), value) for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in named if name)


def _libpq_reason(error: Exception) -> str:
    """Return libpq's reason without what it quotes of the text."""
    if isinstance(error, ValueError):
        return "the port is no number"
    reason = str(error).removeprefix("invalid dsn:")
    # From the first quotation mark to the last: what is quoted may have some of its own.
    return " ".join(re.sub(r'".*"', "…", reason, flags=re.DOTALL).split()) or "not understood"


def server_address(url: URL) -> str:
    """Return the place that a URL or else libpq's variables name, without user and password."""
    query, variables = url.query, os.environ
    host = url.host or query.get("host") or query.get("hostaddr") or variables.get("PGHOST")
    port = url.port or query.get("port") or variables.get("PGPORT")
    place = host or "the default host"
    return f"{place}:{port}" if port else f"{place}"
