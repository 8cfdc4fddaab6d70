"""What a socket answers."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from alembic_pg.embedded import server, server_files
from alembic_pg.embedded.probe import ProbeResult, probe_server

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (b"R\0\0\0\x08\0\0\0\0", ProbeResult.READY),
        (b"E\0\0\0\x20SFATAL\0VFATAL\0C57P03\0Mstarting\0\0", ProbeResult.BUSY),
        (b"E\0\0\0\x20SFATAL\0VFATAL\0C53300\0Mtoo many\0\0", ProbeResult.READY),
        (b"", ProbeResult.BUSY),
    ],
)
def test_the_answer_of_a_server_is_understood(
    open_folder: Path, message: bytes, answer: ProbeResult
) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(open_folder / server_files.SOCKET))
        listener.listen()

        def reply() -> None:
            connection, _ = listener.accept()
            connection.recv(1000)
            connection.sendall(message)
            connection.close()

        thread = threading.Thread(target=reply)
        thread.start()
        assert probe_server(open_folder, os.geteuid()) is answer
        thread.join()


def test_nobody_listens_where_there_is_no_folder_no_socket_or_a_dead_one(
    open_folder: Path,
) -> None:
    assert probe_server(open_folder / "none", os.geteuid()) is ProbeResult.GONE
    assert probe_server(open_folder, os.geteuid()) is ProbeResult.GONE
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(open_folder / server_files.SOCKET))
    assert probe_server(open_folder, os.geteuid()) is ProbeResult.GONE


def test_a_real_server_is_ready_and_another_accounts_folder_is_not_asked(scratch: Path) -> None:
    running = server.start(scratch, durable=False)
    owner = (scratch / server_files.DATA).stat().st_uid
    assert probe_server(running.socket_directory, owner) is ProbeResult.READY
    assert probe_server(running.socket_directory, owner + 1) is ProbeResult.GONE
    running.release()
