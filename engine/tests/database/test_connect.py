"""Connections, and what is said when there is none."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database import connect
from alembic_pg.database.url import parse
from alembic_pg.errors import UserError
from sqlalchemy import text

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import URL


def test_a_connection_is_closed_and_says_who_it_is(empty: URL) -> None:
    with connect.connect(empty, source="X") as connection:
        assert connection.scalar(text("SHOW application_name")) == "alembic"
    assert connection.closed
    named = empty.update_query_dict({"fallback_application_name": "me"})
    with connect.connect(named, source="X", autocommit=True) as connection:
        assert connection.scalar(text("SHOW application_name")) == "me"
        connection.execute(text("VACUUM pg_catalog.pg_database"))  # in no transaction


def test_no_secret_is_in_the_engines_url(empty: URL) -> None:
    secret = {"sslpassword": "mark-7f3a"}
    with connect.connect(empty.update_query_dict(secret), source="X") as connection:
        assert "mark-7f3a" not in connection.engine.url.render_as_string()


def test_who_does_not_answer_is_not_waited_for(empty: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "CONNECT_TIMEOUT", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = empty.difference_update_query(["host", "port"]).set(host="127.0.0.1", port=port)
        told = (
            f"No server answers at 127.0.0.1:{port} \\(timeout expired\\): start it or correct X."
        )
        with pytest.raises(UserError, match=told), connect.connect(url, source="X"):
            pass


@pytest.mark.parametrize(
    ("parameter", "value", "told"),
    [
        ("sslmode", "often", 'No connection to {} (invalid sslmode value: "often"): correct X.'),
        (
            "options",
            "-c nothing=1",
            (
                "The server at {} refuses the connection: "
                'unrecognized configuration parameter "nothing"'
            ),
        ),
    ],
)
def test_a_parameter_that_does_not_fit(empty: URL, parameter: str, value: str, told: str) -> None:
    url = empty.update_query_dict({parameter: value})
    with pytest.raises(UserError) as raised, connect.connect(url, source="X"):
        pass
    assert str(raised.value) == told.format(f"{empty.query['host']}:{empty.query['port']}")


def test_a_server_that_is_starting_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    url = parse("postgresql://nobody@127.0.0.1:1/nowhere", source="a test")
    began = time.monotonic()
    with pytest.raises(UserError, match="No server answers"):  # noqa: SIM117  # too long
        with connect.connect(url, source="it", wait=0.7):
            pass
    assert time.monotonic() - began >= 0.7
    assert capsys.readouterr().err == "Waiting for the server at 127.0.0.1:1 …\n"


def test_a_server_that_comes_up_is_met(
    empty: URL, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its socket is there after a moment only."""
    sockets = tmp_path / "sockets"
    url = empty.update_query_dict({"host": str(sockets)})
    timer = threading.Timer(0.7, sockets.symlink_to, [empty.query["host"]])
    timer.start()
    with connect.connect(url, source="it", wait=30) as connection:
        assert connection.scalar(text("SELECT current_database()")) == empty.database
    assert capsys.readouterr().err.count("Waiting for the server at") == 1
