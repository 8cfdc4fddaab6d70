"""What the server says of a table to somebody who looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models import Base
from tests.models.sql import run

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def test_every_table_and_each_column_that_needs_it_has_a_comment(connection: Connection) -> None:
    found = run(
        connection,
        """
        SELECT relname, attname FROM pg_description
        JOIN pg_class ON pg_class.oid = objoid
        LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid AND attnum > 0
        WHERE classoid = 'pg_class'::regclass AND relnamespace = 'public'::regnamespace
        """,
    )
    assert {table for table, column in found if column is None} == set(Base.metadata.tables)
    assert {f"{table}.{column}" for table, column in found if column} == {
        "posts.published",
        "posts.search",
        "posts.updated_at",
        "users.email",
        "users.password_hash",
        "votes.direction",
    }
