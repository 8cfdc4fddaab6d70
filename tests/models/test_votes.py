"""One vote per user and post, up or down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.models.sql import (
    CHECK,
    FOREIGN_KEY,
    NOT_NULL,
    UNIQUE,
    add_post,
    add_user,
    add_vote,
    refusal,
    run,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

INSERT = "INSERT INTO votes (user_id, post_id, direction) VALUES (:user, :post, :direction)"


def test_a_user_votes_once_on_a_post(connection: Connection) -> None:
    ann, bob = add_user(connection), add_user(connection, "bob@example.org")
    first, second = add_post(connection, ann), add_post(connection, ann)
    add_vote(connection, ann, first)
    again = refusal(connection, INSERT, user=ann, post=first, direction=-1)
    assert again == (UNIQUE, "votes_pkey")
    add_vote(connection, ann, second)
    add_vote(connection, bob, first)
    assert len(run(connection, "SELECT FROM votes")) == 3


@pytest.mark.parametrize("direction", [0, 2, -2, 100])
def test_a_vote_goes_up_or_down(connection: Connection, direction: int) -> None:
    ann = add_user(connection)
    post = add_post(connection, ann)
    found = refusal(connection, INSERT, user=ann, post=post, direction=direction)
    assert found == (CHECK, "votes_direction_check")


def test_a_vote_can_change_its_mind(connection: Connection) -> None:
    ann = add_user(connection)
    add_vote(connection, ann, add_post(connection, ann), 1)
    run(connection, "UPDATE votes SET direction = -1")
    assert run(connection, "SELECT direction FROM votes") == [(-1,)]


def test_a_vote_has_a_user_a_post_and_a_direction(connection: Connection) -> None:
    ann = add_user(connection)
    post = add_post(connection, ann)
    assert refusal(connection, INSERT, user=0, post=post, direction=1) == (
        FOREIGN_KEY,
        "votes_user_id_fkey",
    )
    assert refusal(connection, INSERT, user=ann, post=0, direction=1) == (
        FOREIGN_KEY,
        "votes_post_id_fkey",
    )
    missing = refusal(connection, INSERT, user=ann, post=post, direction=None)
    assert missing.sqlstate == NOT_NULL


def test_with_a_post_go_its_votes(connection: Connection) -> None:
    ann = add_user(connection)
    gone, kept = add_post(connection, ann), add_post(connection, ann)
    add_vote(connection, ann, gone)
    add_vote(connection, ann, kept)
    run(connection, "DELETE FROM posts WHERE id = :id", id=gone)
    assert run(connection, "SELECT post_id FROM votes") == [(kept,)]
