"""Keep the embedded server up for other programs: ``alembic-pg serve``."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.alembic_command import configured_url, project_folder
from alembic_pg.database import target
from alembic_pg.embedded import server_files
from alembic_pg.embedded.tcp_proxy import HOST, TcpProxy
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine import URL


def run(config: Config, *, port: int) -> int:
    """Print how to connect, and serve until Ctrl-C or SIGTERM; this process holds the lease.

    port: of this machine, 0 for a free one. Raises UserError for another database than the
    embedded one, and where the port is taken.
    """
    named = configured_url(config) or os.environ.get(target.TARGET_VARIABLE)
    if named:
        raise UserError(
            "The target is no embedded database: connect to the server that DATABASE_URL or "
            "sqlalchemy.url names."
        )
    database = target.embedded_database(config)
    found = target.find(project_folder(config), embedded_database=database)
    asyncio.run(_serve(found.url, port))
    return 0


async def _serve(url: URL, port: int) -> None:
    # Before anybody reads that Ctrl-C ends it. An exception in the midst of whatever runs then
    # would leave clients half served.
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    folder = Path(str(url.query["host"]))
    password = secrets.token_urlsafe(12)
    socket = folder / f".s.PGSQL.{server_files.PORT}"
    proxy = await TcpProxy(socket, password, port).start()
    own_port = proxy.sockets[0].getsockname()[1]
    place = f"{url.username}:{password}@{HOST}:{own_port}/{url.database}"
    lines = (
        f"host      {HOST}",
        f"port      {own_port}",
        f"database  {url.database}",
        f"user      {url.username}",
        f"password  {password}",
        "",
        f"As a URL: postgresql://{place}",
        f"For programs that take a folder of sockets as the host, without a password: {folder}",
        "The server stays up, and the password is right, until Ctrl-C.",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    await ended.wait()
    proxy.close()
