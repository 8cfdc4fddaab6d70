"""See how much room the server's disk has, where that is this machine's."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# Only who may read all settings sees where the data is; an address is none for a socket.
_DATA_DIRECTORY = text("""
SELECT setting FROM pg_settings WHERE name = 'data_directory'
  AND (inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8'
    OR inet_server_addr() = '::1')
""")


def free_space(connection: Connection) -> int | None:
    """Return the bytes that are free where the data is; None where that cannot be seen.

    connection: in a transaction. The database's own tablespaces are not looked at.
    """
    directory = connection.scalar(_DATA_DIRECTORY)
    # A server in a container has a folder of that name somewhere else.
    with suppress(OSError):
        if directory and os.path.exists(os.path.join(directory, "PG_VERSION")):  # noqa: PTH110, PTH118  # of a server, as it says it
            room = os.statvfs(directory)
            return room.f_bavail * room.f_frsize
    return None
