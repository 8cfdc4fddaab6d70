"""Connections, and what is said when there is none."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database import connect, error_text
from alembic_pg.errors import UserError
from sqlalchemy import text

if TYPE_CHECKING:
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


def test_the_reason_of_an_error_is_one_line_without_the_statement(empty: URL) -> None:
    with connect.connect(empty, source="X") as connection:
        for statement, sqlstate, told in (
            ("SELECT 1 / 0", "22012", "division by zero"),
            (
                "CREATE TABLE a (b int PRIMARY KEY); INSERT INTO a VALUES (1), (1)",
                "23505",
                (
                    'duplicate key value violates unique constraint "a_pkey" '
                    "(Key (b)=(1) already exists.)"
                ),
            ),
            (
                "CREATE TABLE a (b text CHECK (b <> '')); INSERT INTO a VALUES ('')",
                "23514",
                'new row for relation "a" violates check constraint "a_b_check"',
            ),
        ):
            with pytest.raises(Exception, match=r"psycopg2") as raised:
                connection.execute(text(statement))
            connection.rollback()
            assert error_text.sqlstate(raised.value) == sqlstate
            assert error_text.describe_error(raised.value) == told
    assert error_text.describe_error(ValueError("two\n lines")) == "ValueError: two lines"
    assert error_text.sqlstate(ValueError()) == ""
