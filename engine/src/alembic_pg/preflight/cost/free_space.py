"""See how much room the server's disk has, where that is this machine's."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
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


def free_space(connection: Connection, embedded: Path | None) -> int | None:
    """Return the bytes that are free where the data is; None where that cannot be seen.

    connection: in a transaction. embedded: a folder on the disk of the embedded server, None where
    that is not the target. The database's own tablespaces are not looked at.
    """
    if embedded is not None:
        return shutil.disk_usage(embedded).free
    directory = connection.scalar(_DATA_DIRECTORY)
    # A server in a container has a folder of that name somewhere else.
    with suppress(OSError):
        if directory and Path(directory).is_absolute() and Path(directory, "PG_VERSION").exists():
            return shutil.disk_usage(directory).free
    return None
