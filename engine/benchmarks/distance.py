"""A TCP proxy that lets a server be some milliseconds away.

    python -m benchmarks.distance SOCKET SECONDS

It prints its port. What comes from either side goes on to the other one after SECONDS, half of a
round trip; what is under way meanwhile is not held up by that.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
CHUNK = 1 << 16


@contextmanager
def at_a_distance(socket: str, round_trip: float) -> Iterator[int]:
    """Yield the port of HOST behind which a server is, so many seconds away there and back.

    socket: the path of the server's.
    """
    command = [sys.executable, "-m", "benchmarks.distance", socket, str(round_trip / 2)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
        said = proxy.stdout
        try:
            yield int(said.readline() if said else 0)
        finally:
            proxy.kill()


async def _serve(socket: str, delay: float) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_unix_connection(socket)
        await asyncio.gather(_carry(reader, to_server, delay), _carry(server, writer, delay))

    listening = await asyncio.start_server(client, HOST, 0)
    sys.stdout.write(f"{listening.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await listening.serve_forever()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Hand all on, each part of it after the delay."""
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def arrive() -> None:
        while True:
            due, some = await under_way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not some:
                return
            writer.write(some)
            await writer.drain()

    arriving = asyncio.ensure_future(arrive())
    some = b"-"
    while some:
        with suppress(OSError):
            some = await reader.read(CHUNK)
        under_way.put_nowait((loop.time() + delay, some))
    with suppress(OSError):
        await arriving
    writer.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], float(sys.argv[2])))
