"""Expressions that lose nothing between two types."""

from __future__ import annotations

import pytest
from alembic_pg.autogenerate.dump.table_definition import Column
from alembic_pg.autogenerate.hints.casts import Expressions, lossless_expressions

BACK = "CASE WHEN cardinality(a) > 1 THEN a::text::text ELSE a[array_lower(a, 1)] END"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("text", "text[]", Expressions("CASE WHEN a IS NOT NULL THEN ARRAY[a] END", BACK)),
        ("boolean", "bigint", Expressions("a::integer::bigint", "a::text::boolean")),
        ("smallint", "boolean", Expressions("a::text::boolean", "a::integer::smallint")),
        ("text[]", "text", None),
        ("text[]", "integer[]", None),
        ("integer", "text", None),
        ("integer", "boolean", None),  # PostgreSQL has a cast of its own
        ("boolean", "integer", None),
    ],
)
def test_what_loses_nothing(old: str, new: str, found: Expressions | None) -> None:
    assert lossless_expressions(Column("a", old), Column("a", new)) == found


def test_a_column_without_null_is_wrapped_as_it_is() -> None:
    old = Column("a", "text", not_null="NOT NULL")
    found = lossless_expressions(old, Column("a", "text[]"))
    assert found is not None
    assert found.using == "ARRAY[a]"
