"""Expressions that lose nothing between two types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump.table_definition import Column
from alembic_pg.autogenerate.hints.casts import Expressions, lossless_expressions
from sqlalchemy.exc import DBAPIError
from tests.matrix.case import load
from tests.matrix.databases import create_built, execute, rows
from tests.matrix.inside import run, there

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

BACK = "CASE WHEN cardinality(a) > 1 THEN a::text ELSE a[array_lower(a, 1)] END"


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


@pytest.mark.parametrize(
    ("kind", "back"),
    [
        ("character varying(20)", BACK),
        ("character(5)", BACK),
        ("integer", BACK.replace("a::text", "a::text::integer")),
    ],
)
def test_the_way_back_refuses_what_does_not_fit(kind: str, back: str) -> None:
    found = lossless_expressions(Column("a", kind), Column("a", f"{kind}[]"))
    assert found is not None
    assert found.back == back


def test_a_column_without_null_is_wrapped_as_it_is() -> None:
    old = Column("a", "text", not_null="NOT NULL")
    found = lossless_expressions(old, Column("a", "text[]"))
    assert found is not None
    assert found.using == "ARRAY[a]"


def test_a_searched_way_back_brings_values_to_their_type_as_they_left_it(
    databases: ScratchServer,
) -> None:
    """What uses the enum that is made anew makes the reverse of the upgrade no way back."""
    before = (
        'table(Column("a", String(5)), Column("d", Text, server_default="x"), '
        'Column("e", ARRAY(Enum("x", "y", "z", name="mood")), server_default="{x,y}"))'
    )
    after = (
        'table(Column("a", ARRAY(String(5))), '
        'Column("d", Enum("x", "w", name="kind"), server_default="x"), '
        'Column("e", ARRAY(Enum("y", "x", "v", name="mood")), server_default="{v}"))'
    )
    change = there(databases, before, after)
    url = create_built(databases, load(before))
    execute(url, "INSERT INTO t (id, a) VALUES (1, 'value'), (2, NULL)")
    run(url, change.up)
    run(url, change.down)
    assert rows(url, "SELECT a FROM t ORDER BY id") == [("value",), (None,)]


def test_two_values_that_do_not_fit_stop_the_way_back(databases: ScratchServer) -> None:
    before = 'table(Column("a", String(5)))'
    change = there(databases, before, 'table(Column("a", ARRAY(String(5))))')
    url = create_built(databases, load(before))
    run(url, change.up)
    execute(url, "INSERT INTO t (id, a) VALUES (1, '{value,other}')")
    with pytest.raises(DBAPIError, match="value too long"):
        run(url, change.down)
