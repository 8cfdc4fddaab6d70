"""What a post may be, how it is found, and what is read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.dialects.postgresql import dialect

from models.posts import post_scores
from tests.models.sql import (
    CHECK,
    FOREIGN_KEY,
    NOT_NULL,
    add_post,
    add_user,
    add_vote,
    refusal,
    run,
    value,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

INSERT = "INSERT INTO posts (title, content, owner_id) VALUES (:title, :content, :owner)"


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"title": ""}, "posts_title_not_blank_check"),
        ({"title": " \t\r\n"}, "posts_title_not_blank_check"),
        ({"title": "t" * 301}, "posts_title_length_check"),
        ({"content": ""}, "posts_content_not_blank_check"),
        ({"content": "\n\n"}, "posts_content_not_blank_check"),
        ({"content": "c" * 100_001}, "posts_content_length_check"),
    ],
)
def test_what_is_blank_or_too_long_is_refused(
    connection: Connection, wrong: dict[str, str], constraint: str
) -> None:
    values = {"title": "Cats", "content": "They purr.", "owner": add_user(connection)} | wrong
    assert refusal(connection, INSERT, **values) == (CHECK, constraint)


@pytest.mark.parametrize(
    "content",
    ["ä" * 100_000, "".join(f"{n:09x} " for n in range(10_000))],
    ids=["one word", "many words"],
)
def test_the_longest_post_is_taken(connection: Connection, content: str) -> None:
    """The search column, which has limits of its own, refuses none of them."""
    add_post(connection, add_user(connection), title="ü" * 300, content=content)
    assert run(connection, "SELECT length(title) FROM posts") == [(300,)]
    assert value(connection, "SELECT content FROM posts") == content


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posts SET id = NULL",
        "UPDATE posts SET title = NULL",
        "UPDATE posts SET content = NULL",
        "UPDATE posts SET published = NULL",
        "UPDATE posts SET created_at = NULL",
        "UPDATE posts SET updated_at = NULL",
        "UPDATE posts SET owner_id = NULL",
    ],
)
def test_every_column_has_a_value(connection: Connection, statement: str) -> None:
    add_post(connection, add_user(connection))
    # Else the trigger gives updated_at its value, whatever is asked for.
    run(connection, "ALTER TABLE posts DISABLE TRIGGER USER")
    assert refusal(connection, statement).sqlstate == NOT_NULL


def test_a_post_has_an_owner_who_exists(connection: Connection) -> None:
    found = refusal(connection, INSERT, title="Cats", content="They purr.", owner=0)
    assert found == (FOREIGN_KEY, "posts_owner_id_fkey")


def test_a_post_is_published_now_unless_told_otherwise(connection: Connection) -> None:
    add_post(connection, add_user(connection))
    now = "SELECT published, created_at = now(), updated_at = now() FROM posts"
    assert run(connection, now) == [(True, True, True)]


def test_a_change_touches_updated_at_and_nothing_else(connection: Connection) -> None:
    owner = add_user(connection)
    for title in ("Cats", "Dogs"):
        run(
            connection,
            "INSERT INTO posts (title, content, owner_id, created_at, updated_at)"
            " VALUES (:title, 'They eat.', :owner, '2020-01-01', '2020-01-01')",
            title=title,
            owner=owner,
        )
    rows = "SELECT to_jsonb(p) - 'updated_at', updated_at = now() FROM posts AS p ORDER BY id"
    before = run(connection, rows)
    run(connection, "UPDATE posts SET published = published WHERE title = 'Cats'")
    assert run(connection, rows) == [(before[0][0], True), (before[1][0], False)]


def test_nobody_says_when_a_post_changed(connection: Connection) -> None:
    add_post(connection, add_user(connection))
    run(connection, "UPDATE posts SET updated_at = '2020-01-01'")
    assert value(connection, "SELECT updated_at = now() FROM posts")


def test_a_vote_does_not_change_the_post(connection: Connection) -> None:
    owner = add_user(connection)
    run(
        connection,
        "INSERT INTO posts (title, content, owner_id, updated_at)"
        " VALUES ('Cats', 'They purr.', :owner, '2020-01-01')",
        owner=owner,
    )
    add_vote(connection, owner, value(connection, "SELECT id FROM posts"))
    assert value(connection, "SELECT updated_at < now() FROM posts")


def _found(connection: Connection, words: str) -> list[str]:
    statement = (
        "SELECT title FROM posts WHERE search @@ websearch_to_tsquery('english', :words) ORDER BY 1"
    )
    return [title for (title,) in run(connection, statement, words=words)]


def test_words_find_a_post_by_its_title_and_its_content(connection: Connection) -> None:
    owner = add_user(connection)
    add_post(connection, owner, "Cats", "They purr.")
    add_post(connection, owner, "Dogs", "They chase a cat.")
    add_post(connection, owner, "Fish", "They swim.")
    assert _found(connection, "cat") == ["Cats", "Dogs"]
    assert _found(connection, "cat -chasing") == ["Cats"]
    assert _found(connection, "bird") == []
    run(connection, "UPDATE posts SET content = 'They flee birds.' WHERE title = 'Fish'")
    assert _found(connection, "bird") == ["Fish"]


def test_words_are_looked_up_in_the_index(connection: Connection) -> None:
    run(connection, "SET LOCAL enable_seqscan = off")
    plan = run(connection, "EXPLAIN SELECT FROM posts WHERE search @@ to_tsquery('english', 'cat')")
    *_, scan, condition = (line.strip() for (line,) in plan)
    assert scan.startswith("->  Bitmap Index Scan on posts_search_idx")
    assert condition.startswith("Index Cond: (search @@ ")  # else all of the index is read


def test_the_score_is_the_sum_of_all_votes(connection: Connection) -> None:
    users = [add_user(connection, f"user{n}@example.org") for n in range(3)]
    posts = {
        directions: add_post(connection, users[0], str(directions))
        for directions in ((), (1,), (-1, -1), (1, -1), (1, 1, -1))
    }
    for directions, post in posts.items():
        for user, direction in zip(users, directions, strict=False):
            add_vote(connection, user, post, direction)
    found = run(connection, "SELECT id, score, votes FROM post_scores ORDER BY id")
    assert found == [(post, sum(votes), len(votes)) for votes, post in posts.items()]


def test_the_view_shows_a_post_as_it_is(connection: Connection) -> None:
    add_post(connection, add_user(connection))
    post = value(connection, "SELECT to_jsonb(posts) - 'search' FROM posts")
    shown = value(connection, "SELECT to_jsonb(post_scores) FROM post_scores")
    assert shown == post | {"score": 0, "votes": 0}


def test_the_view_of_the_models_reads_the_view_of_the_database(connection: Connection) -> None:
    post = add_post(connection, add_user(connection))
    (row,) = connection.execute(select(post_scores).where(post_scores.c.score == 0))
    assert (row.id, row.title, row.votes) == (post, "Cats", 0)


def test_the_view_of_the_models_has_the_columns_of_the_database(connection: Connection) -> None:
    def types(columns: list[tuple[str, Any]]) -> dict[str, str]:
        return {name: type_.compile(dialect()) for name, type_ in columns}

    real = inspect(connection).get_columns("post_scores")
    assert types([(column.name, column.type) for column in post_scores.columns]) == types(
        [(column["name"], column["type"]) for column in real]
    )
