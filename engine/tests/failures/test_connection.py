"""No server, no database, no permission to come in, or a URL that nobody understands."""

from __future__ import annotations

import socket
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
from alembic_pg.embedded import server
from alembic_pg.testing.tree import PASSWORD
from psycopg2 import sql
from tests.failures.fails import said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

RIGHT = "right-2b9d"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[URL]:
    """A database on a server that asks for the password RIGHT."""
    running = server.start(tmp_path / "guarded", durable=False)
    url = running.url("postgres")
    where: dict[str, Any] = {"host": url.query["host"], "port": url.query["port"]}
    with closing(psycopg2.connect(**where, user="postgres")) as owner:
        owner.autocommit = True
        with owner.cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE ROLE guest LOGIN PASSWORD {}").format(sql.Literal(RIGHT))
            )
            cursor.execute("CREATE DATABASE guarded OWNER guest")
            rules = tmp_path / "guarded" / "data" / "pg_hba.conf"
            rules.write_text("local all guest scram-sha-256\n")
            cursor.execute("SELECT pg_reload_conf()")
    url = url.set(username="guest", database="guarded")
    _wait_until_refused(where)
    yield url
    running.release()


def _wait_until_refused(where: dict[str, Any]) -> None:
    with suppress(psycopg2.OperationalError):
        while True:
            psycopg2.connect(**where, user="guest", dbname="guarded").close()
            time.sleep(0.01)


@pytest.fixture
def unused() -> int:
    """A port on which nobody listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def test_wrong_password(project: Tree, guarded: URL) -> None:
    wrong = guarded.set(password=PASSWORD).render_as_string(hide_password=False)
    place = f"{guarded.query['host']}:{guarded.query['port']}"
    assert said(project.alembic("upgrade", "head", DATABASE_URL=wrong)) == (
        f'Wrong password for user "guest" at {place}: correct DATABASE_URL.'
    )
    none = guarded.render_as_string(hide_password=False)
    assert said(project.alembic("current", DATABASE_URL=none, HOME="")) == (
        f"The server at {place} asks for a password: add it to DATABASE_URL."
    )
    right = guarded.set(password=RIGHT).render_as_string(hide_password=False)
    assert project.alembic("current", "-v", DATABASE_URL=right).code == 0


def test_no_server(project: Tree, unused: int, tmp_path: Path) -> None:
    refused = f"postgresql://me:{PASSWORD}@127.0.0.1:{unused}/posts"
    assert said(project.alembic("upgrade", "head", DATABASE_URL=refused)) == (
        f"No server answers at 127.0.0.1:{unused} (Connection refused): "
        "start it or correct DATABASE_URL."
    )
    unknown = f"postgresql://me:{PASSWORD}@nowhere.invalid/posts"
    told = said(project.alembic("current", DATABASE_URL=unknown))
    assert told.startswith('No server answers at nowhere.invalid (could not translate host name "n')
    assert told.endswith("): start it or correct DATABASE_URL.")
    missing = f"postgresql://me:{PASSWORD}@/posts?host={tmp_path}"
    assert said(project.alembic("current", DATABASE_URL=missing)) == (
        f"No server answers at {tmp_path} (No such file or directory): "
        "start it or correct DATABASE_URL."
    )
    assert said(project.alembic("check", SHADOW_DATABASE_URL=refused)) == (
        f"No server answers at 127.0.0.1:{unused} (Connection refused): "
        "start it or correct SHADOW_DATABASE_URL."
    )


def test_no_database_and_no_role(project: Tree, empty: URL) -> None:
    place = f"{empty.query['host']}:{empty.query['port']}"
    other = empty.set(database="none", password=PASSWORD).render_as_string(hide_password=False)
    assert said(project.alembic("upgrade", "head", DATABASE_URL=other)) == (
        f'Database "none" does not exist at {place}: create it or correct DATABASE_URL.'
    )
    other = empty.set(username="nobody", password=PASSWORD).render_as_string(hide_password=False)
    assert said(project.alembic("upgrade", "head", DATABASE_URL=other)) == (
        f'The server at {place} refuses the connection: role "nobody" does not exist'
    )


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            f"mysql://me:{PASSWORD}@localhost/posts",
            "is no PostgreSQL URL: write postgresql://user:password@host:5432/database.",
        ),
        (
            f"postgresql://me:{PASSWORD}@localhost:five/posts",
            (
                "cannot be parsed (the port is no number): "
                "write postgresql://user:password@host:5432/database."
            ),
        ),
        (
            f"postgresql://me:a@{PASSWORD}@localhost/posts",
            (
                "cannot be parsed: write @ as %40 and / as %2F in the password, "
                "and so in every other part."
            ),
        ),
    ],
)
def test_a_url_that_cannot_be_parsed(project: Tree, url: str, sentence: str) -> None:
    assert said(project.alembic("current", DATABASE_URL=url)) == f"DATABASE_URL {sentence}"


def test_no_url_without_the_development_dependencies(
    project: Tree, production: dict[str, str]
) -> None:
    nothing = production | {"DATABASE_URL": ""}
    assert said(project.alembic("upgrade", "head", **nothing)) == (
        "No database is named: set DATABASE_URL to postgresql://user:password@host:5432/database."
    )
    told = said(project.alembic("check", **nothing))
    assert told == (
        "Comparing needs a PostgreSQL server for scratch databases: "
        "set SHADOW_DATABASE_URL, or install alembic-pg[embedded]."
    )
