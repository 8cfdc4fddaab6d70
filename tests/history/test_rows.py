"""Rows survive the revisions: what need not be lost is not lost, up and down."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic_pg.errors import UserError

from tests.history.rows import KEYS, Rows, lost, read

if TYPE_CHECKING:
    from alembic.script import Script
    from sqlalchemy.engine import Connection

    from tests.history.conftest import History


@dataclass(frozen=True)
class Change:
    """What a revision does to rows on its way up; on its way down it takes `adds` away.

    adds: the tables, empty at first, and columns that come. holds: what is true afterwards of
    the rows that were there before; :before is the time at which the upgrade began. brings: how
    many rows it adds to a table.
    """

    adds: frozenset[str] = frozenset()
    holds: tuple[str, ...] = ()
    brings: Counter[str] = field(default_factory=Counter)


def _columns(table: str, *columns: str) -> frozenset[str]:
    return frozenset(f"{table}.{column}" for column in columns)


def _table(table: str, *columns: str) -> frozenset[str]:
    return _columns(table, *columns) | {table}


_OWNED_BY_NOBODY = """
    (SELECT bool_and(email = 'unknown@example.org')
    FROM posts LEFT JOIN users ON owner_id = users.id)
"""

# What happens to rows, by the message of the revision. A revision that is not here keeps every
# value of every row and adds none.
CHANGES = {
    "create posts table": Change(_table("posts", "id", "title")),
    "add content to posts": Change(
        _columns("posts", "content"), ("(SELECT bool_and(content = title) FROM posts)",)
    ),
    "create users table": Change(_table("users", "id", "email", "password_hash", "created_at")),
    "add owner of posts": Change(
        _columns("posts", "owner_id"),
        (_OWNED_BY_NOBODY,),
        Counter(users=1),
    ),
    "add last columns to posts": Change(
        _columns("posts", "published", "created_at"),
        ("(SELECT bool_and(published AND created_at >= :before) FROM posts)",),
    ),
    "create votes table": Change(_table("votes", "user_id", "post_id", "direction")),
    "note when posts change": Change(
        _columns("posts", "updated_at"), ("(SELECT bool_and(updated_at >= :before) FROM posts)",)
    ),
    "search posts by words": Change(
        _columns("posts", "search"),
        ("(SELECT bool_and(search @@ to_tsquery('title')) FROM posts)",),
    ),
    "show posts with their score": Change(
        holds=(
            "(SELECT count(*) FROM post_scores) = (SELECT count(*) FROM posts)",
            "(SELECT sum(score) FROM post_scores) = (SELECT sum(direction) FROM votes)",
        )
    ),
    "count posts of authors": Change(
        holds=(
            "(SELECT sum(posts) FROM author_stats) = (SELECT count(*) FROM posts WHERE published)",
        )
    ),
}


@dataclass
class Walk:
    """A database on its way; number: the last one that each table's sequence gave."""

    history: History
    number: Counter[str] = field(default_factory=Counter)

    def up(self, revision: Script) -> None:
        """Upgrade by a revision, look what became of the rows, add some."""
        change = CHANGES.get(revision.doc, Change())
        with self.history.engine.connect() as connection:
            old, before = read(connection), connection.scalar(sa.text("SELECT now()"))
        self.history.upgrade(revision.revision)
        self.number += change.brings
        with self.history.engine.begin() as connection:
            new = read(connection)
            for statement in change.holds:
                assert connection.scalar(sa.text(f"SELECT {statement}"), {"before": before}), (
                    statement
                )
            _expect_no_loss(old, new, change.brings)
            assert new.names == old.names | change.adds
            self._add_rows(connection, new)

    def down(self, revision: Script) -> None:
        """Downgrade by a revision, look what became of the rows, add some."""
        change = CHANGES.get(revision.doc, Change())
        with self.history.engine.connect() as connection:
            old = read(connection)
        self.history.downgrade(self.history.before(revision))
        with self.history.engine.begin() as connection:
            new = read(connection)
            _expect_no_loss(old, new, Counter())
            assert new.names == old.names - change.adds
            for table in old.rows.keys() - new.rows.keys():
                del self.number[table]
            self._add_rows(connection, new)

    def _add_rows(self, connection: Connection, rows: Rows) -> None:
        """Add a row to every table, with what its columns are at this moment.

        Another one comes and goes: its number is given to no row later.
        """
        if "users" in rows.rows:
            for _ in range(2):
                self._add_numbered(connection, rows, "users", _user(self.number["users"] + 1))
            _delete(connection, "users", self.number["users"])
        if "posts" in rows.rows:
            for _ in range(2):
                post = _post(self.number["posts"] + 1, owner=self.number["users"] - 1)
                self._add_numbered(connection, rows, "posts", post)
            _delete(connection, "posts", self.number["posts"])
        if "votes" in rows.rows:
            voter, post_id = self.number["users"] - 1, self.number["posts"] - 1
            connection.execute(_insert("votes", _vote(voter, post_id)))

    def _add_numbered(
        self, connection: Connection, rows: Rows, table: str, values: dict[str, Any]
    ) -> None:
        """Add a row, and expect it to have the next number."""
        values = {name: values[name] for name in values if f"{table}.{name}" in rows.names}
        number = connection.scalar(_insert(table, values).returning(sa.column("id")))
        assert number == self.number[table] + 1
        self.number[table] = number


def _user(number: int) -> dict[str, Any]:
    return {"email": f"User{number}@Example.org", "password_hash": f"$argon2id${number:060}"}


def _post(number: int, owner: int) -> dict[str, Any]:
    return {
        "title": f"Title {number}",
        "content": f"Tëxt\n{number}",
        "owner_id": owner,
        "published": bool(number % 3),
    }


def _vote(user: int, post: int) -> dict[str, Any]:
    return {"user_id": user, "post_id": post, "direction": 1 if user % 3 else -1}


def _insert(table: str, values: dict[str, Any]) -> sa.Insert:
    return sa.insert(sa.table(table, *map(sa.column, values))).values(values)


def _delete(connection: Connection, table: str, number: int) -> None:
    connection.execute(sa.delete(sa.table(table, sa.column("id"))).where(sa.column("id") == number))


def _expect_no_loss(old: Rows, new: Rows, brings: Counter[str]) -> None:
    assert list(lost(old, new)) == []
    for table in new.rows:
        assert new.count(table) == old.count(table) + brings[table], table


def test_rows_survive_from_base_to_head_to_base_to_head(history: History) -> None:
    walk = Walk(history)
    first = _climb(walk)
    for revision in reversed(history.revisions):
        walk.down(revision)
    with history.engine.connect() as connection:
        assert read(connection).names == set()
    assert _climb(walk) == first


def _climb(walk: Walk) -> dict[str, int]:
    """Go from base to head; return how many rows the tables then have.

    Nothing is lost: each revision from the one that made a table on has added one row to it.
    """
    for revision in walk.history.revisions:
        walk.up(revision)
    with walk.history.engine.connect() as connection:
        rows = read(connection)
    counts = {table: rows.count(table) for table in KEYS}
    docs = [revision.doc for revision in walk.history.revisions]
    assert counts == {
        "posts": len(docs),
        "users": len(docs) - docs.index("create users table") + 1,  # the unknown one
        "votes": len(docs) - docs.index("create votes table"),
    }
    emails = [row["email"] for row in rows.rows["users"].values()]
    assert sorted(emails) == sorted(
        ["unknown@example.org", *(f"User{n}@Example.org" for (n,) in rows.rows["users"] if n != 3)]
    )
    return counts


# A table, what is wrong with a row of it, and the constraint that will not have it.
MISFITS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("posts", {"title": " \n"}, "posts_title_not_blank_check"),
    ("posts", {"title": "t" * 301}, "posts_title_length_check"),
    ("posts", {"content": ""}, "posts_content_not_blank_check"),
    ("posts", {"content": "c" * 100_001}, "posts_content_length_check"),
    ("users", {"email": "nobody"}, "users_email_form_check"),
    ("users", {"email": f"a@{'b' * 253}"}, "users_email_length_check"),
    ("users", {"password_hash": "short"}, "users_password_hash_check"),
    ("votes", {"direction": 0}, "votes_direction_check"),
)


def test_rows_that_only_a_person_can_mend_stop_the_upgrade_and_stay_as_they_are(
    history: History, subtests: pytest.Subtests
) -> None:
    """Which of two users is the right one, what an empty title should say: no revision knows."""
    history.upgrade(history.before(history.named("compare emails in any case")))
    with history.engine.begin() as connection:
        connection.execute(_insert("users", _user(1)))
        connection.execute(_insert("posts", _post(1, owner=1)))
        connection.execute(_insert("users", _user(2) | {"email": "uSER1@example.org"}))
    _expect_refusal(history, "compare emails in any case", "users_email_key")
    with history.engine.begin() as connection:
        _delete(connection, "users", 2)
    history.upgrade(history.before(history.named("check lengths and ranges")))
    for table, wrong, constraint in MISFITS:
        values = {"users": _user(3), "posts": _post(3, owner=1), "votes": _vote(1, 1)}[table]
        with subtests.test(constraint=constraint):
            with history.engine.begin() as connection:
                connection.execute(_insert(table, values | wrong))
            _expect_refusal(history, "check lengths and ranges", constraint)
            with history.engine.begin() as connection:
                newest = "post_id = 1" if table == "votes" else "id > 1"
                connection.execute(sa.delete(sa.table(table)).where(sa.text(newest)))
    history.upgrade("head")


def _expect_refusal(history: History, doc: str, constraint: str) -> None:
    """Expect a revision to fail for a constraint, and to leave everything as it is."""
    version = sa.text("SELECT version_num FROM alembic_version")
    with history.engine.connect() as connection:
        old = read(connection), connection.scalar(version)
    with pytest.raises(UserError) as error:
        history.upgrade("head")
    assert f"({doc}) fails: " in str(error.value)
    assert f'"{constraint}"' in str(error.value)
    with history.engine.connect() as connection:
        assert (read(connection), connection.scalar(version)) == old
