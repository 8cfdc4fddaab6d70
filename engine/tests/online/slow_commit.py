"""A wire on which a COMMIT takes the server long to read: a limit of time then cancels it."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url
from tests.online.pooler import read_message, take

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL

_COMMIT = b"COMMIT\0"
# What the server reads for some tenths of a second, and does nothing for.
_SLOWLY = b";" * 6_000_000


class _Wire:
    def __init__(self, server: str | tuple[str, int], after: bytes) -> None:
        self.server, self.after = server, after
        self.delayed: list[bytes] = []

    def serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX if isinstance(self.server, str) else socket.AF_INET)
        with client, server, suppress(OSError):
            server.connect(self.server)
            threading.Thread(target=_forward, args=(server, client), daemon=True).start()
            size = take(client, 4)
            server.sendall(size + take(client, struct.unpack("!I", size)[0] - 4))
            last = b""
            while True:
                kind, message = read_message(client)
                commits = kind == b"Q" and message[5:] == _COMMIT
                if commits and self.after in last and not self.delayed:
                    self.delayed.append(last)
                    slow = _SLOWLY + _COMMIT
                    message = b"Q" + struct.pack("!I", 4 + len(slow)) + slow
                last = message
                server.sendall(message)


def _forward(server: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):
        while data := server.recv(65536):
            client.sendall(data)


@contextmanager
def slow_commit(url: URL, after: str) -> Iterator[tuple[URL, list[bytes]]]:
    """Yield a URL of a server, and a list that has a message once the COMMIT after it was slow.

    after: what that message has in its text; the first COMMIT after such a one is slow.
    """
    folder, port = url.query.get("host"), url.query.get("port", "5432")
    place = f"{folder}/.s.PGSQL.{port}" if folder else (url.host or "", url.port or 5432)
    wire = _Wire(place, after.encode())
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                client = listener.accept()[0]
                threading.Thread(target=wire.serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    number = listener.getsockname()[1]
    try:
        yield (
            make_url(
                f"postgresql+psycopg2://{url.username}@127.0.0.1:{number}/{url.database}"
                "?sslmode=disable&gssencmode=disable"
            ),
            wire.delayed,
        )
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
