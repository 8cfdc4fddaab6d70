"""The keys of a schema as Mermaid has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from alembic_pg.pages.mermaid import is_drawn_by_github, mermaid_diagram, mermaid_diagrams
from tests.pages.schemas import large_schema, odd_schema, schema_of

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def test_keys(empty: URL) -> None:
    schema = schema_of(
        empty,
        [
            "CREATE TABLE users (id bigint PRIMARY KEY, name text)",
            'CREATE TABLE "a ""b""" (id bigint PRIMARY KEY REFERENCES users)',
            'ALTER TABLE "a ""b""" ADD "who made it" bigint REFERENCES users',
        ],
    )
    assert mermaid_diagram(schema.tables) == (
        "erDiagram\n"
        '  t0["a #34;b#34;"] {\n'
        "    bigint id PK, FK\n"
        "    bigint who_made_it FK\n"
        "  }\n"
        '  t1["users"] {\n'
        "    bigint id PK\n"
        "  }\n"
        '  t0 |o--|| t1 : "id"\n'
        '  t0 }o--o| t1 : "who made it"\n'
    )


def test_what_github_draws(empty: URL) -> None:
    assert len(mermaid_diagrams(schema_of(empty, odd_schema()), {})) == 1
    large = schema_of(empty, large_schema(200))
    assert not is_drawn_by_github(mermaid_diagram(large.tables))
    with pytest.raises(UserError, match="alembic-pg pages draws it"):
        mermaid_diagrams(large, {})


def test_a_large_schema_has_a_diagram_for_each_part(empty: URL) -> None:
    pairs = [
        statement
        for number in range(600)
        for statement in (
            f"CREATE TABLE a{number} (id bigint PRIMARY KEY)",
            f"CREATE TABLE b{number} (id bigint PRIMARY KEY REFERENCES a{number})",
        )
    ]
    assert len(mermaid_diagrams(schema_of(empty, pairs), {})) == 600


def test_a_large_schema_has_a_diagram_for_each_module(empty: URL) -> None:
    """Each is as wide as GitHub draws; a table of another module is a box with its name."""
    tables = ["CREATE TABLE hub (id bigint PRIMARY KEY)"]
    modules = {("public", "hub"): "shop.hub"}
    for number in range(600):
        tables.append(f"CREATE TABLE t{number} (id bigint PRIMARY KEY REFERENCES hub)")
        modules["public", f"t{number}"] = (
            f"shop.sales.m{number}" if number < 200 else f"shop.stock.m{number % 2}"
        )
    found = mermaid_diagrams(schema_of(empty, tables), modules)
    assert [one.title for one in found] == ["shop.hub", "shop.sales", "shop.stock"]
    assert all(is_drawn_by_github(one.text) for one in found)
    assert found[1].text.count('["hub"]\n') == 1
    assert sum(one.text.count(" }o--|| ") + one.text.count(" |o--|| ") for one in found) == 600
