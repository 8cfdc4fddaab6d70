"""alembic-pg serve: a way by TCP to the embedded server, for who says the password."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg2
import pytest
from alembic_pg.testing.forked import run_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.testing.tree import Tree

SERVE = (sys.executable, "-m", "alembic_pg", "serve")


@pytest.fixture
def place(tree: Tree) -> Iterator[dict[str, str]]:
    """How to connect to the embedded server of a tree, while it is served."""
    process = subprocess.Popen(
        SERVE, cwd=tree.root, env=tree.variables(DATABASE_URL=""), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(9)]
    try:
        yield dict(line.split() for line in lines[:5]) | {"url": lines[6].split()[-1]}
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        process.stdout.close()
        assert "Connection refused" in failure(lines[6].split()[-1])


def failure(url: str) -> str:
    """Return why nothing connects to a URL."""
    with pytest.raises(psycopg2.OperationalError) as caught:
        psycopg2.connect(url)
    return str(caught.value)


def test_a_program_connects_by_tcp(place: dict[str, str]) -> None:
    assert place["host"] == "127.0.0.1"
    with psycopg2.connect(place["url"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), repeat('x', 1000000)")
        database, text = cursor.fetchone() or ("", "")
        assert (database, len(text)) == (place["database"], 1_000_000)
        with pytest.raises(psycopg2.errors.DivisionByZero):
            cursor.execute("SELECT 1 / 0")
    with psycopg2.connect(place["url"]) as other, other.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_statement_is_cancelled(place: dict[str, str]) -> None:
    with psycopg2.connect(place["url"]) as connection, connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '5s'")
        connection.cancel()
        cursor.execute("SELECT 1")


def test_nobody_connects_without_the_password(place: dict[str, str]) -> None:
    url = place["url"]
    wrong = failure(url.replace(place["password"], "wrong"))
    assert "wrong password: alembic-pg serve prints the right one" in wrong
    assert "wrong password" in failure(url.replace(place["password"], place["password"][:-1]))
    assert "no password" in failure(url.replace(f":{place['password']}", ""))


@pytest.mark.parametrize(
    "sent", [b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\4", b"", b"\0\0\0\x08\0\3\0\0Q\0\0\0\4"]
)
def test_what_is_no_client_is_let_go(place: dict[str, str], sent: bytes) -> None:
    with socket.create_connection((place["host"], int(place["port"])), timeout=10) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(1000)
        assert answer == b"" or answer[:1] in b"RE"
    with psycopg2.connect(place["url"]):
        pass


def test_a_port_that_is_taken(place: dict[str, str], tree: Tree) -> None:
    command = [*SERVE, "--port", place["port"]]
    done = run_process(command, tree.root, tree.variables(DATABASE_URL=""))
    assert done.code == 1
    assert done.err == (
        f"FAILED: Port {place['port']} cannot be used (Address already in use): "
        "choose another --port.\n"
    ) or done.err.startswith(f"FAILED: Port {place['port']} cannot be used (")


def test_another_database_is_not_ours_to_serve(tree: Tree) -> None:
    url = "postgresql://u:not-to-be-seen@h/d"
    done = run_process(list(SERVE), tree.root, os.environ | tree.variables(DATABASE_URL=url))
    assert done.code == 1
    assert done.err.startswith("FAILED: The target is no embedded database: ")
    assert "not-to-be-seen" not in done.err
