"""A small application on the schema: users register, write posts, vote, and read the scores.

It needs what ``pip install .[driver]`` gives and nothing else. Started with the URL of a database
at head, it does all of it once and prints what it read, as JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Engine, create_engine, func, select, text, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.posts import Post, post_scores
from models.roles import API_ROLE
from models.users import User
from models.votes import Vote

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def working_for(engine: Engine, email: str) -> Iterator[Session]:
    """Yield a session of the API's role for one user; it is committed at the end."""
    with Session(engine) as session, session.begin():
        session.execute(text(f"SET LOCAL ROLE {API_ROLE}"))
        session.execute(select(func.set_config("posts.user_email", email, true())))
        yield session


def register(engine: Engine, email: str, password: str) -> int | None:
    """Return the id of a new user, None when the e-mail has one already."""
    try:
        with working_for(engine, email) as session:
            user = User(email=email, password_hash=hash_password(password))
            session.add(user)
            session.flush()
            return user.id
    except IntegrityError:
        return None


def log_in(engine: Engine, email: str, password: str) -> bool:
    """Return whether the password is the user's."""
    with working_for(engine, email) as session:
        stored = session.scalar(select(User.password_hash))
    return stored is not None and hash_password(password, stored.split("$")[1]) == stored


def write(engine: Engine, email: str, title: str, content: str) -> int:
    """Return the id of a user's new post."""
    with working_for(engine, email) as session:
        post = Post(title=title, content=content, owner=session.scalars(select(User)).one())
        session.add(post)
        session.flush()
        return post.id


def vote(engine: Engine, email: str, post: int, direction: int) -> None:
    """Vote on a post, or change the vote on it."""
    with working_for(engine, email) as session:
        user = session.scalars(select(User)).one()
        session.merge(Vote(user_id=user.id, post_id=post, direction=direction))


def scores(engine: Engine, words: str) -> list[tuple[str, int, int]]:
    """Return title, score and number of votes of the posts with these words, the best first."""
    with working_for(engine, "") as session:
        found = select(Post.id).where(Post.search.op("@@")(func.websearch_to_tsquery(words)))
        columns = post_scores.c
        query = (
            select(columns.title, columns.score, columns.votes)
            .where(columns.id.in_(found), columns.published)
            .order_by(columns.score.desc())
        )
        return [(title, score, votes) for title, score, votes in session.execute(query)]


def hash_password(password: str, salt: str | None = None) -> str:
    """Return a password's hash with its algorithm and salt."""
    salt = salt or os.urandom(12).hex()
    digest = hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**12, r=8, p=1)
    return f"scrypt${salt}${digest.hex()}"


def main(url: str) -> None:
    """Do what users do, and print what they see."""
    engine = create_engine(url)
    ann, bob = "Ann@example.org", "bob@example.org"
    report = {
        "registered": [register(engine, email, "secret") is not None for email in (ann, bob)],
        "registered again": register(engine, ann.upper(), "other"),
        "logged in": [log_in(engine, ann.lower(), word) for word in ("secret", "other")],
    }
    cats = write(engine, ann, "Cats", "They purr.")
    dogs = write(engine, bob, "Dogs", "They chase cats.")
    write(engine, bob, "Fish", "They swim.")
    for email, post, direction in (
        (ann, cats, 1),
        (bob, cats, -1),
        (bob, cats, 1),
        (ann, dogs, -1),
    ):
        vote(engine, email, post, direction)
    sys.stdout.write(json.dumps(report | {"scores": scores(engine, "cat")}))


if __name__ == "__main__":
    main(sys.argv[1])
