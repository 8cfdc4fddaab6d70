"""A pooler in transaction mode: each transaction gets the session that was used last."""

from __future__ import annotations

import itertools
import socket
import struct
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL

_NUMBERS = itertools.count(900_001)


def take(sock: socket.socket, size: int) -> bytes:
    """Return so many bytes of what comes."""
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


def read_message(sock: socket.socket) -> tuple[bytes, bytes]:
    """Return the kind of a message and the whole of it (PostgreSQL, 53.7)."""
    head = take(sock, 5)
    return head[:1], head + take(sock, struct.unpack("!I", head[1:])[0] - 4)


class _Pool:
    def __init__(self, path: str | tuple[str, int]) -> None:
        self.path = path
        self.startup = self.welcome = b""
        self.free: list[socket.socket] = []
        self.made: list[socket.socket] = []

    def session(self) -> socket.socket:
        """Return a session of the server; what it said at first is what all clients hear."""
        family = socket.AF_UNIX if isinstance(self.path, str) else socket.AF_INET
        server = socket.socket(family)
        server.connect(self.path)
        self.made.append(server)
        server.sendall(self.startup)
        self.welcome = b""
        while True:
            kind, message = read_message(server)
            if kind == b"K":
                message = message[:5] + struct.pack("!I", next(_NUMBERS)) + message[9:]
            self.welcome += message
            if kind == b"Z":
                return server

    def serve(self, client: socket.socket) -> None:
        try:
            size = take(client, 4)
            startup = size + take(client, struct.unpack("!I", size)[0] - 4)
            if not self.startup:
                self.startup = startup
                self.free.append(self.session())
            client.sendall(self.welcome)
            while True:
                kind, message = read_message(client)
                if kind == b"X":
                    return
                server = self.free.pop() if self.free else self.session()
                self._transaction(client, server, message)
                self.free.append(server)
        except OSError:
            return
        finally:
            client.close()

    def _transaction(self, client: socket.socket, server: socket.socket, message: bytes) -> None:
        while True:
            server.sendall(message)
            while True:
                kind, answer = read_message(server)
                client.sendall(answer)
                if kind == b"Z":
                    break
            if answer[5:] == b"I":
                return
            message = read_message(client)[1]


@contextmanager
def pooled(url: URL) -> Iterator[URL]:
    """Yield the URL of a pooler before the server of a URL."""
    folder, port = url.query.get("host"), url.query.get("port", "5432")
    pool = _Pool(f"{folder}/.s.PGSQL.{port}" if folder else (url.host or "", url.port or 5432))
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=pool.serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    number = listener.getsockname()[1]
    try:
        yield make_url(
            f"postgresql+psycopg2://{url.username}@127.0.0.1:{number}/{url.database}"
            "?sslmode=disable&gssencmode=disable"
        )
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for server in pool.made:
            server.close()
