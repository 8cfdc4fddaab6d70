"""Short words for what the tests of the schema do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

PASSWORD_HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g"


class Refusal(NamedTuple):
    """Why the server refuses a statement: PostgreSQL's code (Appendix A), and the constraint."""

    sqlstate: str
    constraint: str | None


FORBIDDEN = "42501"  # insufficient_privilege
CHECK, UNIQUE, NOT_NULL, FOREIGN_KEY = "23514", "23505", "23502", "23503"


def run(connection: Connection, statement: str, **parameters: object) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows."""
    result = connection.execute(text(statement), parameters)
    return [tuple(row) for row in result] if result.returns_rows else []


def value(connection: Connection, statement: str, **parameters: object) -> Any:  # noqa: ANN401  # SQL's own
    """Return the one value of a query's one row."""
    ((found,),) = run(connection, statement, **parameters)
    return found


def refusal(connection: Connection, statement: str, **parameters: object) -> Refusal:
    """Return why a statement is refused; it fails the test when it is not."""
    with pytest.raises(DBAPIError) as error, connection.begin_nested():
        connection.execute(text(statement), parameters)
    original = error.value.orig
    assert isinstance(original, psycopg2.Error)
    return Refusal(original.pgcode or "", original.diag.constraint_name)


def add_user(
    connection: Connection, email: str = "ann@example.org", password_hash: str = PASSWORD_HASH
) -> int:
    """Add a user and return its id."""
    number: int = value(
        connection,
        "INSERT INTO users (email, password_hash) VALUES (:email, :hash) RETURNING id",
        email=email,
        hash=password_hash,
    )
    return number


def add_post(
    connection: Connection, owner: int, title: str = "Cats", content: str = "They purr."
) -> int:
    """Add a post and return its id."""
    number: int = value(
        connection,
        "INSERT INTO posts (title, content, owner_id) VALUES (:title, :content, :owner)"
        " RETURNING id",
        title=title,
        content=content,
        owner=owner,
    )
    return number


def add_vote(connection: Connection, user: int, post: int, direction: int = 1) -> None:
    """Add a vote."""
    run(connection, "INSERT INTO votes VALUES (:u, :p, :d)", u=user, p=post, d=direction)


@contextmanager
def as_api(connection: Connection, email: str | None = None) -> Iterator[None]:
    """Work as the API's role, for the user of that e-mail if there is one."""
    run(connection, "SET LOCAL ROLE posts_api")
    if email is not None:
        run(connection, "SELECT set_config('posts.user_email', :email, true)", email=email)
    yield
    run(connection, "SET LOCAL ROLE NONE")
    run(connection, "SELECT set_config('posts.user_email', '', true)")
