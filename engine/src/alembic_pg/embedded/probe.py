"""Ask a server on its socket, with one message of its protocol, whether it takes connections."""

from __future__ import annotations

import socket
import struct
from enum import Enum
from typing import TYPE_CHECKING

from alembic_pg.embedded import server_files

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT = 5.0
_STARTUP = b"user\0postgres\0database\0postgres\0\0"
_MESSAGES = struct.pack("!ii", 8 + len(_STARTUP), 3 << 16) + _STARTUP + b"X" + struct.pack("!i", 4)
_CANNOT_CONNECT_NOW = b"C57P03\0"


class ProbeResult(Enum):
    """What the socket says."""

    READY = "it takes connections"
    BUSY = "it starts, stops or recovers"
    GONE = "nobody listens"


def probe_server(sockets: Path, owner: int) -> ProbeResult:
    """Ask the server whose socket is in that folder, which must belong to the account ``owner``.

    A start-up message and a good-bye; the server answers before it reads the second.
    (PostgreSQL's chapter "Message Formats"; 57P03 is cannot_connect_now.)
    """
    try:
        if sockets.lstat().st_uid != owner:  # somebody took the name of a folder that was cleaned
            return ProbeResult.GONE
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_TIMEOUT)
            connection.connect(str(sockets / server_files.SOCKET))
            connection.sendall(_MESSAGES)
            answer = connection.recv(1000)
    except (FileNotFoundError, ConnectionRefusedError):
        return ProbeResult.GONE
    except OSError:  # it ended meanwhile, or its queue is full
        return ProbeResult.BUSY
    return ProbeResult.BUSY if not answer or _CANNOT_CONNECT_NOW in answer else ProbeResult.READY
