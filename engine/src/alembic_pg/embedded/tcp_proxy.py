"""Let programs that speak TCP only reach the embedded server, by a password.

The server itself listens on a socket in a folder that only its owner can open, and trusts whoever
gets there. A TCP port of this machine is open to everybody on it, so that a client must say a
password first, as PostgreSQL's protocol asks for one (Frontend/Backend Protocol, Start-up).
"""

from __future__ import annotations

import asyncio
import secrets
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"

# The codes that a client may send in the place of the protocol's version.
_CANCEL, _SSL, _GSS = 80877102, 80877103, 80877104

_NOT_ENCRYPTED = b"N"
_ASK_FOR_PASSWORD = b"R" + struct.pack("!ii", 8, 3)
_PASSWORD = b"p"

# Bytes of a start-up message at most, as PostgreSQL has it; seconds until one must have come.
_LONGEST_START, _PATIENCE = 10_000, 30.0

_CHUNK = 1 << 16


@dataclass(frozen=True)
class TcpProxy:
    """A way by TCP to the server behind a socket.

    socket: the server's. password: what a client says. port: of HOST, 0 for a free one.
    """

    socket: Path
    password: str
    port: int = 0

    async def start(self) -> asyncio.Server:
        """Listen. Raises UserError where the port is taken."""
        try:
            return await asyncio.start_server(self._serve, HOST, self.port)
        except OSError as error:
            raise UserError(
                f"Port {self.port} cannot be used ({error.strerror}): choose another --port."
            ) from error

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        """Serve one client until either side ends."""
        with suppress(OSError, EOFError, TimeoutError):
            start = await asyncio.wait_for(self._admit(client, answer), _PATIENCE)
            if start:
                await self._pass_on(start, client, answer)
        answer.close()
        with suppress(OSError):
            await answer.wait_closed()

    async def _admit(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> bytes:
        """Return the start-up message of a client that said the password, else nothing."""
        while True:
            start = await _read_start(client)
            code = int.from_bytes(start[4:8])
            if code not in {_SSL, _GSS}:
                break
            answer.write(_NOT_ENCRYPTED)
        if code == _CANCEL or not start:
            return start  # the secret of the session is in it, and the server asks for it
        answer.write(_ASK_FOR_PASSWORD)
        said = await _read_password(client)
        if secrets.compare_digest(said, self.password.encode()):
            return start
        answer.write(_error("28P01", "wrong password: alembic-pg serve prints the right one"))
        await answer.drain()
        return b""

    async def _pass_on(
        self, start: bytes, client: asyncio.StreamReader, answer: asyncio.StreamWriter
    ) -> None:
        server, to_server = await asyncio.open_unix_connection(self.socket)
        to_server.write(start)
        ways = [asyncio.ensure_future(_copy(client, to_server))]
        ways.append(asyncio.ensure_future(_copy(server, answer)))
        _, other = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in other:
            way.cancel()
        to_server.close()


async def _read_start(client: asyncio.StreamReader) -> bytes:
    """Return a client's first message, nothing where it is none of PostgreSQL's protocol."""
    head = await client.readexactly(4)
    length = int.from_bytes(head)
    if not 8 <= length <= _LONGEST_START:  # noqa: PLR2004  # the shortest has its length and a code
        return b""
    return head + await client.readexactly(length - 4)


async def _read_password(client: asyncio.StreamReader) -> bytes:
    """Return the password that a client says, nothing where it says something else."""
    kind, length = struct.unpack("!ci", await client.readexactly(5))
    if kind != _PASSWORD or not 4 <= length <= _LONGEST_START:  # noqa: PLR2004  # its own length is in it
        return b""
    text = await client.readexactly(length - 4)
    return text.rstrip(b"\0")


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while some := await reader.read(_CHUNK):
            writer.write(some)
            await writer.drain()


def _error(code: str, message: str) -> bytes:
    """Return PostgreSQL's message of an error that ends a session."""
    fields = b"".join(
        name + text.encode() + b"\0"
        for name, text in ((b"S", "FATAL"), (b"V", "FATAL"), (b"C", code), (b"M", message))
    )
    return b"E" + struct.pack("!i", len(fields) + 5) + fields + b"\0"
