"""The models as an application uses them: objects that know each other."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from models.posts import Post
from models.users import User
from models.votes import Vote
from tests.models.sql import PASSWORD_HASH, add_user, as_api, run, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """A session whose commits end with the test."""
    with Session(connection, join_transaction_mode="create_savepoint") as made:
        yield made


def _ann() -> User:
    return User(email="ann@example.org", password_hash=PASSWORD_HASH)


def _post(owner: User, title: str = "Cats") -> Post:
    return Post(title=title, content="They purr.", owner=owner)


def test_relationships_are_the_same_from_both_sides(session: Session) -> None:
    ann, bob = _ann(), User(email="bob@example.org", password_hash=PASSWORD_HASH)
    post = _post(ann)
    ann.posts.append(Post(title="Dogs", content="They bark."))
    session.add_all([ann, bob, Vote(user=bob, post=post, direction=1)])
    session.commit()
    session.expunge_all()
    ann = session.scalars(select(User).filter_by(email="ANN@example.org")).one()
    assert sorted(post.title for post in ann.posts) == ["Cats", "Dogs"]
    assert {post.owner for post in ann.posts} == {ann}
    cats = session.scalars(select(Post).filter_by(title="Cats")).one()
    (vote,) = cats.votes
    assert vote.post is cats
    assert vote.user.email == "bob@example.org"
    assert vote.user.votes == [vote]
    assert ann.votes == []


def test_the_server_fills_in_what_it_knows(session: Session, connection: Connection) -> None:
    """Along with the INSERT, without a question of its own."""
    ann = _ann()
    post = _post(ann)
    session.add(post)
    session.flush()
    assert {"id", "published", "created_at", "updated_at"} <= inspect(post).dict.keys()
    now = value(connection, "SELECT now()")
    assert isinstance(now, dt.datetime)
    assert now.tzinfo is not None
    assert (ann.created_at, post.created_at, post.updated_at) == (now, now, now)
    assert post.published is True


def test_the_search_column_is_read_only_when_asked_for(session: Session) -> None:
    """It may be longer than the post."""
    session.add(_post(_ann()))
    session.commit()
    session.expunge_all()
    post = session.scalars(select(Post)).one()
    assert "search" not in inspect(post).dict
    assert "'cat':1" in post.search


def test_a_changed_post_knows_when_it_changed(session: Session, connection: Connection) -> None:
    post = _post(_ann())
    session.add(post)
    session.flush()
    run(connection, "ALTER TABLE posts DISABLE TRIGGER USER")
    run(connection, "UPDATE posts SET updated_at = '2020-01-01'")
    run(connection, "ALTER TABLE posts ENABLE TRIGGER USER")
    session.refresh(post)
    assert post.updated_at.year == 2020
    post.title = "Dogs"
    session.flush()
    assert post.updated_at == value(connection, "SELECT now()")


def test_the_same_works_for_the_role_of_the_api(session: Session, connection: Connection) -> None:
    with as_api(connection, "ann@example.org"):
        post = _post(_ann())
        session.add(Vote(user=post.owner, post=post, direction=-1))
        session.flush()
        post.title = "Dogs"
        session.flush()
        session.expire_all()
        assert (post.title, post.owner.email, post.votes[0].direction) == (
            "Dogs",
            "ann@example.org",
            -1,
        )
        session.delete(post)
        session.flush()
        assert value(connection, "SELECT count(*) FROM votes") == 0


def test_a_vote_can_name_its_user_and_post_by_their_keys(
    session: Session, connection: Connection
) -> None:
    user = add_user(connection)
    post = Post(title="Cats", content="They purr.", owner_id=user)
    session.add(post)
    session.flush()
    session.add(Vote(user_id=user, post_id=post.id, direction=1))
    session.flush()
    assert [vote.user_id for vote in post.votes] == [user]


def test_what_leaves_a_collection_is_deleted(session: Session, connection: Connection) -> None:
    ann = _ann()
    cats, dogs = _post(ann), _post(ann, "Dogs")
    session.add_all(
        [Vote(user=ann, post=cats, direction=1), Vote(user=ann, post=dogs, direction=1)]
    )
    session.commit()
    ann.posts.remove(cats)
    dogs.votes.clear()
    session.commit()
    assert run(connection, "SELECT title FROM posts") == [("Dogs",)]
    assert run(connection, "SELECT FROM votes") == []


def test_a_user_is_deleted_by_one_statement_and_the_server_does_the_rest(
    session: Session, connection: Connection
) -> None:
    ann = _ann()
    session.add(Vote(user=ann, post=_post(ann), direction=1))
    session.commit()
    session.expunge_all()
    session.delete(session.scalars(select(User)).one())
    session.commit()
    left = "SELECT FROM users UNION ALL SELECT FROM posts UNION ALL SELECT FROM votes"
    assert run(connection, left) == []
