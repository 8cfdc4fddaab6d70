"""What the API's role can do, and what it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.roles import API_ROLE
from tests.models.sql import (
    FORBIDDEN,
    PASSWORD_HASH,
    UNIQUE,
    add_post,
    add_user,
    add_vote,
    as_api,
    refusal,
    run,
    value,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

OTHER_HASH = PASSWORD_HASH[::-1]


def test_the_role_has_no_login_no_right_beyond_the_grants_and_owns_nothing(
    connection: Connection,
) -> None:
    rights = run(
        connection,
        "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
        " FROM pg_roles WHERE rolname = :role",
        role=API_ROLE,
    )
    assert rights == [(False,) * 6]
    owned = "SELECT count(*) FROM pg_shdepend WHERE refobjid = to_regrole(:role) AND deptype = 'o'"
    assert value(connection, owned, role=API_ROLE) == 0
    member = "SELECT count(*) FROM pg_auth_members WHERE member = to_regrole(:role)"
    assert value(connection, member, role=API_ROLE) == 0


def test_the_api_does_all_that_an_api_does(connection: Connection) -> None:
    with as_api(connection, "ann@example.org"):
        user = add_user(connection, "ann@example.org")
        post = add_post(connection, user, "Cats", "They purr.")
        add_vote(connection, user, post)
        run(
            connection, "UPDATE posts SET title = 'Dogs', content = 'They bark.', published = false"
        )
        run(connection, "UPDATE votes SET direction = -1")
        scores = "SELECT id, title, published, score, votes FROM post_scores"
        assert run(connection, scores) == [(post, "Dogs", False, -1, 1)]
        assert run(connection, "SELECT owner_id, posts, last_post_at FROM author_stats") == []
        run(connection, "DELETE FROM votes")
        run(connection, "DELETE FROM posts")
        assert run(connection, scores) == []


def test_the_api_finds_posts_by_their_words(connection: Connection) -> None:
    post = add_post(connection, add_user(connection), "Cats", "They purr.")
    with as_api(connection):
        found = "SELECT id FROM posts WHERE search @@ websearch_to_tsquery('english', 'cat')"
        assert run(connection, found) == [(post,)]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE posts ADD COLUMN more text",
        "ALTER TABLE posts DISABLE TRIGGER ALL",
        "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE users NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE users OWNER TO posts_api",
        "ALTER POLICY users_own_row ON users USING (true)",
        "DROP POLICY users_own_row ON users",
        "DROP TABLE votes",
        "DROP VIEW post_scores",
        "DROP EXTENSION citext CASCADE",
        "TRUNCATE votes",
        "COMMENT ON TABLE posts IS 'mine'",
        "GRANT SELECT ON users TO PUBLIC",
        "REFRESH MATERIALIZED VIEW author_stats",
        "CREATE TABLE mine ()",
        "CREATE VIEW mine AS SELECT 1",
        "CREATE INDEX ON posts (title)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION touch_updated_at() SET search_path = public",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "ALTER ROLE posts_api BYPASSRLS",
    ],
)
def test_the_api_cannot_change_the_schema(connection: Connection, statement: str) -> None:
    with as_api(connection):
        assert refusal(connection, statement).sqlstate == FORBIDDEN


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO posts (title, content, owner_id, created_at) VALUES ('a', 'b', 1, now())",
        "INSERT INTO posts (title, content, owner_id, updated_at) VALUES ('a', 'b', 1, now())",
        "INSERT INTO posts (title, content, owner_id, id) VALUES ('a', 'b', 1, 1)",
        "UPDATE posts SET created_at = now()",
        "UPDATE posts SET updated_at = now()",
        "UPDATE posts SET owner_id = 1",
        "UPDATE posts SET id = 1",
        "INSERT INTO users (email, password_hash, created_at) VALUES ('a', 'b', now())",
        "INSERT INTO users (email, password_hash, id) VALUES ('a', 'b', 1)",
        "UPDATE users SET created_at = now()",
        "UPDATE users SET id = 1",
        "DELETE FROM users",
        "UPDATE votes SET user_id = 1",
        "UPDATE votes SET post_id = 1",
        "SELECT * FROM alembic_version",
        "SELECT nextval('posts_id_seq')",
        "SELECT setval('users_id_seq', 1)",
    ],
)
def test_the_api_cannot_write_what_the_server_writes(
    connection: Connection, statement: str
) -> None:
    with as_api(connection):
        assert refusal(connection, statement).sqlstate == FORBIDDEN


@pytest.mark.parametrize("email", [None, "", "nobody@example.org"])
def test_the_api_sees_no_user_unless_it_says_for_whom_it_works(
    connection: Connection, email: str | None
) -> None:
    owner = add_user(connection)
    add_post(connection, owner)
    with as_api(connection, email):
        assert value(connection, "SELECT count(*) FROM users") == 0
        joined = "SELECT posts.id, email FROM posts LEFT JOIN users ON owner_id = users.id"
        assert [row[1] for row in run(connection, joined)] == [None]
        counted = run(connection, "UPDATE users SET password_hash = password_hash RETURNING id")
        assert counted == []


def test_the_api_sees_and_changes_its_user_in_any_case_and_nobody_else(
    connection: Connection,
) -> None:
    add_user(connection, "Ann@example.org")
    add_user(connection, "bob@example.org")
    with as_api(connection, "ann@EXAMPLE.org"):
        assert run(connection, "SELECT email FROM users") == [("Ann@example.org",)]
        run(connection, "UPDATE users SET password_hash = :hash", hash=OTHER_HASH)
    hashes = run(connection, "SELECT email, password_hash FROM users ORDER BY email")
    assert hashes == [("Ann@example.org", OTHER_HASH), ("bob@example.org", PASSWORD_HASH)]


def test_the_api_registers_nobody_but_its_user_and_only_once(connection: Connection) -> None:
    statement = "INSERT INTO users (email, password_hash) VALUES (:email, :hash)"
    with as_api(connection, "ann@example.org"):
        other = refusal(connection, statement, email="bob@example.org", hash=PASSWORD_HASH)
        assert other.sqlstate == FORBIDDEN
        add_user(connection, "ann@example.org")
        again = refusal(connection, statement, email="ANN@example.org", hash=PASSWORD_HASH)
        assert again == (UNIQUE, "users_email_key")
        become = "UPDATE users SET email = 'bob@example.org'"
        assert refusal(connection, become).sqlstate == FORBIDDEN


def test_the_api_cannot_look_past_the_policy(connection: Connection) -> None:
    add_user(connection)
    with as_api(connection):
        run(connection, "SET LOCAL row_security = off")
        assert refusal(connection, "SELECT password_hash FROM users").sqlstate == FORBIDDEN


def test_for_whom_it_works_ends_with_the_transaction(engine: Engine) -> None:
    """A pooled connection does not carry one user's rights over to the next."""
    count = "SELECT count(*) FROM users"
    with engine.connect() as connection:
        with connection.begin():
            add_user(connection, "ann@example.org")
        with connection.begin():
            run(connection, "SET LOCAL ROLE posts_api")
            run(connection, "SET LOCAL posts.user_email = 'ann@example.org'")
            assert value(connection, count) == 1
        with connection.begin():
            run(connection, "SET LOCAL ROLE posts_api")
            assert value(connection, count) == 0
