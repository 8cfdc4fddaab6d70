"""What a revision is said to destroy."""

from __future__ import annotations

from alembic_pg.autogenerate.dump.entry import Dump, Entry
from alembic_pg.autogenerate.proof import data_loss


def table(name: str, *columns: str, schema: str = "public") -> Entry:
    """Return a table's entry."""
    body = ",\n    ".join(columns)
    return Entry("TABLE", schema, name, f"CREATE TABLE {schema}.{name} (\n    {body}\n);", "")


def dump(*entries: Entry) -> Dump:
    """Return a database of entries."""
    return {entry.key: entry for entry in entries}


def test_rows_and_values_that_do_not_come_back() -> None:
    generated = "g integer GENERATED ALWAYS AS (a) STORED"
    before = dump(
        table("t", "a integer", "b text", generated),
        table("u", "a text"),
        table("u", "a text", schema="s"),
        Entry("VIEW", "public", "v", "CREATE VIEW public.v AS SELECT 1;", ""),
    )
    after = dump(table("t", "a integer", "z text"))
    assert data_loss.losses_between(before, after) == [
        "the rows of u",
        "the rows of s.u",
        "the values of t.b",
    ]
    assert not data_loss.losses_between(before, before)
