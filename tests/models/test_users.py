"""Who may be a user, and what goes with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.models.sql import (
    CHECK,
    NOT_NULL,
    PASSWORD_HASH,
    UNIQUE,
    add_post,
    add_user,
    add_vote,
    refusal,
    run,
    value,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

INSERT = "INSERT INTO users (email, password_hash) VALUES (:email, :hash)"


def test_an_email_is_unique_whatever_its_case(connection: Connection) -> None:
    add_user(connection, "Ann@Example.org")
    found = refusal(connection, INSERT, email="aNN@eXAMPLE.ORG", hash=PASSWORD_HASH)
    assert found == (UNIQUE, "users_email_key")
    add_user(connection, "bob@example.org")
    change = "UPDATE users SET email = 'ANN@example.org' WHERE email = 'bob@example.org'"
    assert refusal(connection, change) == (UNIQUE, "users_email_key")


def test_an_email_is_found_in_any_case_and_kept_as_it_was_written(connection: Connection) -> None:
    add_user(connection, "Ann@Example.org")
    found = "SELECT email FROM users WHERE email = 'ann@EXAMPLE.org'"
    assert value(connection, found) == "Ann@Example.org"


@pytest.mark.parametrize(
    ("email", "constraint"),
    [
        ("", "users_email_form_check"),
        ("ann", "users_email_form_check"),
        ("@example.org", "users_email_form_check"),
        ("ann@", "users_email_form_check"),
        ("ann@@example.org", "users_email_form_check"),
        ("an n@example.org", "users_email_form_check"),
        ("ann@example.org\n", "users_email_form_check"),
        (" ann@example.org", "users_email_form_check"),
        (f"ann@{'e' * 251}", "users_email_length_check"),
    ],
)
def test_what_is_no_email_is_refused(connection: Connection, email: str, constraint: str) -> None:
    found = refusal(connection, INSERT, email=email, hash=PASSWORD_HASH)
    assert found == (CHECK, constraint)


def test_the_longest_email_is_taken(connection: Connection) -> None:
    add_user(connection, f"ann@{'e' * 250}")
    assert value(connection, "SELECT length(email) FROM users") == 254


@pytest.mark.parametrize("length", [0, 19, 256])
def test_what_is_no_hash_is_refused(connection: Connection, length: int) -> None:
    found = refusal(connection, INSERT, email="ann@example.org", hash="h" * length)
    assert found == (CHECK, "users_password_hash_check")


@pytest.mark.parametrize("length", [20, 255])
def test_the_shortest_and_the_longest_hash_are_taken(connection: Connection, length: int) -> None:
    number = add_user(connection, password_hash="h" * length)
    stored = value(connection, "SELECT password_hash FROM users WHERE id = :id", id=number)
    assert stored == "h" * length


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET id = NULL",
        "UPDATE users SET email = NULL",
        "UPDATE users SET password_hash = NULL",
        "UPDATE users SET created_at = NULL",
    ],
)
def test_every_column_has_a_value(connection: Connection, statement: str) -> None:
    add_user(connection)
    assert refusal(connection, statement).sqlstate == NOT_NULL


def test_a_user_begins_now_by_the_clock_of_the_server(connection: Connection) -> None:
    add_user(connection)
    assert value(connection, "SELECT created_at = now() FROM users")


def test_with_a_user_go_their_posts_their_votes_and_the_votes_on_their_posts(
    connection: Connection,
) -> None:
    ann, bob = add_user(connection), add_user(connection, "bob@example.org")
    hers, his = add_post(connection, ann), add_post(connection, bob)
    for user in (ann, bob):
        for post in (hers, his):
            add_vote(connection, user, post)
    run(connection, "DELETE FROM users WHERE id = :id", id=ann)
    assert run(connection, "SELECT id FROM users") == [(bob,)]
    assert run(connection, "SELECT id FROM posts") == [(his,)]
    assert run(connection, "SELECT user_id, post_id FROM votes") == [(bob, his)]


def test_authors_are_counted_when_the_statistics_are_refreshed(connection: Connection) -> None:
    """Concurrently: readers go on reading the old ones."""
    counts = "SELECT owner_id, posts, last_post_at = now() FROM author_stats ORDER BY owner_id"
    ann, bob = add_user(connection), add_user(connection, "bob@example.org")
    for owner in (ann, ann, bob):
        add_post(connection, owner)
    assert run(connection, counts) == []
    run(connection, "REFRESH MATERIALIZED VIEW CONCURRENTLY author_stats")
    assert run(connection, counts) == [(ann, 2, True), (bob, 1, True)]
    run(connection, "UPDATE posts SET published = false WHERE owner_id = :id", id=bob)
    run(connection, "REFRESH MATERIALIZED VIEW CONCURRENTLY author_stats")
    assert run(connection, counts) == [(ann, 2, True)]
