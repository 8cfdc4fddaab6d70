"""Every spelling of a database URL that libpq knows, and what is said of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database import url as urls
from alembic_pg.database.connect import connect
from alembic_pg.errors import UserError
from sqlalchemy import text
from sqlalchemy.engine import URL

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

DRIVER = "postgresql+psycopg2"

# A part of every password here, and of no message.
MARK = "mark-7f3a"

FULL = URL.create(DRIVER, "me", "p@ss", "db.example", 5433, "posts", {"sslmode": "require"})


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        ("postgresql://me:p%40ss@db.example:5433/posts?sslmode=require", FULL),
        ("postgres://me:p%40ss@db.example:5433/posts?sslmode=require", FULL),
        (" postgresql+psycopg2://me:p%40ss@db.example:5433/posts?sslmode=require\n", FULL),
        ("postgresql+asyncpg://me:p%40ss@db.example:5433/posts?sslmode=require", FULL),
        (
            "postgresql+asyncpg://me:p%40ss@db.example:5433/posts?ssl=require&command_timeout=9",
            FULL,
        ),
        (
            "host=db.example port=5433 user=me password=p@ss dbname=posts sslmode=require",
            FULL,
        ),
        ("postgresql://", URL.create(DRIVER)),
        ("postgresql:///posts", URL.create(DRIVER, database="posts")),
        (
            "postgresql://me@/posts?host=/run/pg&port=5433",
            URL.create(DRIVER, "me", database="posts", query={"host": "/run/pg", "port": "5433"}),
        ),
        (
            "postgresql://%2Frun%2Fpg:5433/posts",
            URL.create(DRIVER, database="posts", query={"host": "/run/pg", "port": "5433"}),
        ),
        (
            "postgresql:///posts?host=@abstract",
            URL.create(DRIVER, database="posts", query={"host": "@abstract"}),
        ),
        (
            "postgresql://a,b:5433/posts?target_session_attrs=read-write",
            URL.create(
                DRIVER,
                database="posts",
                query={"host": "a,b", "port": ",5433", "target_session_attrs": "read-write"},
            ),
        ),
        ("postgresql://[::1]:5433/posts", URL.create(DRIVER, None, None, "::1", 5433, "posts")),
        (
            "postgresql://h/posts?options=-c%20search_path%3Da+b",
            URL.create(DRIVER, host="h", database="posts", query={"options": "-c search_path=a+b"}),
        ),
        (
            "postgresql+psycopg2://h/posts?options=-c+search_path%3Da",
            URL.create(DRIVER, host="h", database="posts", query={"options": "-c search_path=a"}),
        ),
        ("postgresql://me:a?b%2F@h/posts", URL.create(DRIVER, "me", "a?b/", "h", None, "posts")),
    ],
)
def test_what_libpq_knows(given: str, parsed: URL) -> None:
    assert urls.parse(given, source="DATABASE_URL") == parsed


@pytest.mark.parametrize(
    "given",
    [
        f"mysql://me:{MARK}@h/posts",
        f"sqlite:///{MARK}",
        f"me:{MARK}@h/posts",
        f"postgresql://me:{MARK}@h:port/posts",
        f"postgresql://me:{MARK}@h/posts?{MARK}",
        f"postgresql://me:{MARK}%zz@h/posts",
        f"postgresql://me:a@{MARK}@h/posts",
        f"postgresql://me:5/{MARK}@h/posts",
        f"postgresql://me:a?b@{MARK}@h/posts",
        f'host=h password={MARK}" {MARK}"{MARK}',
        f"host=h password='{MARK}",
        f"postgresql://me:{MARK}@[::1/posts",
    ],
)
def test_what_libpq_does_not_know_is_told_without_the_text(given: str) -> None:
    with pytest.raises(UserError) as raised:
        urls.parse(given, source="DATABASE_URL")
    told = str(raised.value)
    assert told.startswith("DATABASE_URL ")
    assert "\n" not in told
    assert MARK not in told
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_what_a_url_leaves_out_comes_from_libpqs_variables(
    empty: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", str(empty.query["host"]))
    monkeypatch.setenv("PGPORT", str(empty.query["port"]))
    monkeypatch.setenv("PGUSER", str(empty.username))
    monkeypatch.setenv("PGDATABASE", str(empty.database))
    url = urls.parse("postgresql://", source="DATABASE_URL")
    with connect(url, source="DATABASE_URL") as connection:
        assert connection.scalar(text("SELECT current_database()")) == empty.database
    assert urls.server_address(url) == urls.server_address(empty)


def test_options_reach_the_server(databases: ScratchServer) -> None:
    place = databases.url.set(drivername="postgresql").render_as_string(hide_password=False)
    given = f"{place}&options=-c%20work_mem%3D5MB%20-c%20application_name%3Da%2Bb"
    url = urls.parse(given, source="DATABASE_URL")
    with connect(url, source="DATABASE_URL") as connection:
        assert connection.scalar(text("SHOW work_mem")) == "5MB"
        assert connection.scalar(text("SHOW application_name")) == "alembic"


def test_the_place_of_a_url_is_without_user_and_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGHOST", raising=False)
    monkeypatch.delenv("PGPORT", raising=False)
    assert urls.server_address(FULL) == "db.example:5433"
    assert (
        urls.server_address(URL.create(DRIVER, "me", "p", query={"host": "/run/pg"})) == "/run/pg"
    )
    assert urls.server_address(URL.create(DRIVER)) == "the default host"
