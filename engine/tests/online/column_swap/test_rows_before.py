"""Rows that a new type does not take are told before an extension or type for it is left there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE, shop int, UNIQUE (shop, email))",
    "INSERT INTO users VALUES (1, 'a', 1), (2, 'A', 1), (3, 'b', 2)",
)

TO_CITEXT = (
    'op.execute("CREATE EXTENSION IF NOT EXISTS citext")',
    'op.execute("ALTER TABLE users ALTER email TYPE citext")',
)

TO_ENUM = (
    "op.execute(\"CREATE TYPE letter AS ENUM ('a', 'b')\")",
    'op.execute("ALTER TABLE users ALTER email TYPE letter USING email::letter")',
)


@pytest.mark.parametrize(
    ("upgrade", "told", "mend"),
    [
        (
            TO_CITEXT,
            "duplicates in users (1 of email, as citext): (email)=(a)",
            "UPDATE users SET email = 'c' WHERE id = 2",
        ),
        (
            TO_ENUM,
            "not every email of users can become letter: invalid input value",
            "DELETE FROM users WHERE id = 2",
        ),
    ],
    ids=["citext", "enum"],
)
def test_what_was_made_for_the_type_goes_with_the_refusal(
    site: Site, upgrade: tuple[str, ...], told: str, mend: str
) -> None:
    site.sql(*TABLE)
    site.revise(*upgrade)
    with pytest.raises(UserError) as error:
        site.upgrade(large_table="0")
    assert told in str(error.value)
    assert "stays" not in str(error.value)
    assert not site.one("SELECT count(*) FROM pg_extension WHERE extname = 'citext'")
    assert site.one("SELECT to_regtype('letter')") is None
    assert site.note() is None
    site.sql(mend)
    site.upgrade(large_table="0")
    assert site.version == site.made[-1:]


def test_where_others_would_wait_meanwhile_the_steps_find_it_out(site: Site) -> None:
    site.sql(*TABLE)
    site.revise('op.execute("ALTER TABLE users ADD name text")', *TO_CITEXT)
    with pytest.raises(UserError, match="What it did before stays"):
        site.upgrade(large_table="0")
    assert site.one("SELECT count(*) FROM pg_extension WHERE extname = 'citext'")
