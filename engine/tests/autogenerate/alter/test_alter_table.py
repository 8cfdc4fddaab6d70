"""Which columns of a table change so that what reads them stands in the way."""

from __future__ import annotations

import pytest
from alembic_pg.autogenerate.alter import alter_table
from alembic_pg.autogenerate.dump.entry import Entry
from alembic_pg.database.server_features import ServerFeatures

FEATURES = ServerFeatures(180_000)
STORED = "g {} GENERATED ALWAYS AS ((a * 2)) STORED"


def table(*columns: str) -> Entry:
    """Return a table's entry."""
    body = ",\n    ".join(columns)
    text = f"CREATE TABLE public.t (\n    {body}\n);" if columns else "CREATE TABLE public.t (\n);"
    return Entry("TABLE", "public", "t", text, "")


@pytest.mark.parametrize(
    ("old", "new", "altered", "anew"),
    [
        (table('"A b" integer'), table(), {"A b"}, set()),
        (table(), table("a integer"), set(), set()),
        (table("a integer"), table("a bigint"), {"a"}, set()),
        (
            table("a integer", STORED.format("integer")),
            table("a bigint", STORED.format("bigint")),
            {"a", "g"},
            {"g"},
        ),
        (
            table("a integer", STORED.format("integer")),
            table("a integer", STORED.format("bigint")),
            {"g"},
            set(),
        ),
    ],
)
def test_columns(old: Entry, new: Entry, altered: set[str], anew: set[str]) -> None:
    assert alter_table.altered_columns(old, new, FEATURES) == altered
    assert alter_table.columns_made_anew(old, new, FEATURES) == anew


@pytest.mark.parametrize(("kind", "before_the_table"), [("text", {"g"}), ("varchar(9)", set())])
def test_what_goes_with_a_type_does_not_go_before_it(kind: str, before_the_table: set[str]) -> None:
    """Before PostgreSQL 17, another expression alone lets a column go before its table changes."""
    old = table("a text", "g text GENERATED ALWAYS AS (upper(a)) STORED")
    new = table(f"a {kind}", "g text GENERATED ALWAYS AS (upper((a)::text)) STORED")
    features = ServerFeatures(16_00_00)
    assert alter_table.recreated_columns(old, new, features) == before_the_table
    assert alter_table.columns_made_anew(old, new, features) == {"g"}
