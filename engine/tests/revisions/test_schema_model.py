"""Definitions of constraints and unique indexes are known again as PostgreSQL prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect
from alembic_pg.revisions import schema_model
from alembic_pg.revisions.constraint_definitions import definition_words
from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

TABLES = """
CREATE TYPE kind AS ENUM ('a', 'b');
CREATE SCHEMA other;
CREATE TABLE other.o (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, n int, k kind, s varchar(9), at timestamptz, "The N" int,
  during int4range)
"""

WRITTEN = [
    "CHECK (n > 0)",
    "check ( n>0 )",
    'CHECK ("The N" > n)',
    "UNIQUE (n, s)",
    "FOREIGN KEY (id) REFERENCES other.o(id) ON DELETE CASCADE",
]


@pytest.mark.parametrize("definition", WRITTEN)
def test_a_constraint(empty: URL, definition: str) -> None:
    with connect(empty, source="the tests") as connection, connection.begin():
        connection.exec_driver_sql(f"{TABLES}; ALTER TABLE t ADD CONSTRAINT c {definition}")
        printed = schema_model.read_schema(connection).tables["public", "t"].constraints["c"]
    assert definition_words(printed) == definition_words(definition)


@pytest.mark.parametrize("definition", ["(n)", "(n, id) WHERE (n > 0)"])
def test_a_unique_index(empty: URL, definition: str) -> None:
    with connect(empty, source="the tests") as connection, connection.begin():
        connection.exec_driver_sql(f"{TABLES}; CREATE UNIQUE INDEX i ON t {definition}")
        constraints = schema_model.read_schema(connection).tables["public", "t"].constraints
        assert connection.scalar(text("SELECT count(*) FROM pg_index")) > len(constraints)
    assert definition_words(constraints["i"]) == definition_words(definition)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CHECK (n > 0)", "CHECK (n > 1)"),
        ("CHECK (a > b)", "CHECK (b > a)"),
        ("(a)", '("A")'),
        ("CHECK ((a + b) * c > 0)", "CHECK (a + b * c > 0)"),
        ("CHECK ((a OR b) AND (c OR d))", "CHECK (a OR (b AND c) OR d)"),
        ("CHECK (x <> '::foo')", "CHECK (x <> '::bar')"),
        ("((x::varchar(3)))", "((x::varchar(2)))"),
        ("UNIQUE (a, btree)", "UNIQUE (a, public)"),
    ],
)
def test_another_one(one: str, other: str) -> None:
    assert definition_words(one) != definition_words(other)
