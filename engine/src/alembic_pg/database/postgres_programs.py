"""Run PostgreSQL's own programs, psql and pg_dump, on a database."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from alembic_pg.embedded import programs
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy.engine import URL


def find_program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs."""
    path = programs.find(name) or shutil.which(name)
    if path is None:
        raise UserError(f"Comparing needs {name}: install alembic-pg[embedded].")
    return str(path)


def run_program(name: str, url: URL, *arguments: str) -> bytes:
    """Run one of PostgreSQL's programs on a database; return what it writes."""
    result = subprocess.run(
        [find_program(name), *arguments],
        env=libpq_environment(url),
        capture_output=True,
        check=False,
    )
    if result.returncode:
        said = " ".join(result.stderr.decode(errors="replace").split())
        reason = said.removeprefix(f"{name}: error: ")
        raise UserError(f"{name} fails on database {url.database}: {reason}")
    return result.stdout


def run_script(url: URL, file: Path, *, single_transaction: bool = False) -> None:
    """Let psql run a script on a database. Raises UserError with the first error."""
    together = ("--single-transaction",) if single_transaction else ()
    options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *together)
    run_program("psql", url, *options, f"--file={file}")


def libpq_environment(url: URL) -> Mapping[str, str]:
    """Return the environment in which libpq's programs connect to a URL.

    Nothing of it stands on a command line, where other users of the machine could read it.
    """
    values: dict[str, str | None] = {
        "PGHOST": url.host,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password is not None else None,
        "PGDATABASE": url.database,
        "PGCLIENTENCODING": "UTF8",
    }
    for key, value in url.query.items():
        name = _LIBPQ_VARIABLES.get(key, f"PG{key.upper()}")
        values[name] = value if isinstance(value, str) else ",".join(value)
    return os.environ | {name: value for name, value in values.items() if value is not None}


# Where the variable is not PG and the parameter's name (PostgreSQL, 32.15).
_LIBPQ_VARIABLES = {
    "application_name": "PGAPPNAME",
    "fallback_application_name": "PGAPPNAME",
    "dbname": "PGDATABASE",
    "gss_encryption": "PGGSSENCMODE",
    "channel_binding": "PGCHANNELBINDING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "client_encoding": "PGCLIENTENCODING",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "load_balance_hosts": "PGLOADBALANCEHOSTS",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
}
