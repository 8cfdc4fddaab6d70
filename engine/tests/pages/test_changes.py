"""What differs between two schemas, and the schema that has both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.pages.changes import compare_schemas
from alembic_pg.pages.site import Site, render_site
from tests.pages.links import broken_links
from tests.pages.schemas import schema_of

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

BEFORE = [
    "CREATE TABLE stays (id int PRIMARY KEY, gone text, kept int)",
    "CREATE TABLE goes (id int PRIMARY KEY REFERENCES stays)",
    "CREATE TYPE mood AS ENUM ('sad')",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
]
AFTER = [
    "DROP TABLE goes",
    "ALTER TABLE stays DROP gone, ADD added text, ALTER kept TYPE bigint",
    "CREATE TABLE comes (id int PRIMARY KEY REFERENCES stays)",
    "ALTER TYPE mood ADD VALUE 'glad'",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
]


def test_added_changed_and_gone(empty: URL) -> None:
    merged, found = compare_schemas(schema_of(empty, BEFORE), schema_of(empty, AFTER))
    stays, goes, comes = (("public", name) for name in ("stays", "goes", "comes"))
    assert [found.of_relation(key) for key in (stays, goes, comes)] == ["changed", "gone", "added"]
    assert [one.key[1] for one in merged.relations] == ["comes", "goes", "stays"]
    columns = next(one for one in merged.relations if one.key == stays).columns
    assert {one.name: found.of_column(stays, one.name) for one in columns} == {
        "id": "",
        "kept": "changed",
        "added": "added",
        "gone": "gone",
    }
    # A whole table comes and goes with its parts, which its page need not say of each.
    for table, change in ((goes, "gone"), (comes, "added")):
        assert found.of_column(table, "id") == ""
        assert found.drawn(table, "columns", "id") == change
    assert found.drawn(stays, "columns", "id") == ""
    assert found.was("columns", (stays, "kept")).type == "integer"
    assert found.of("types", ("public", "mood")) == "changed"
    assert found.of("functions", (("public", "f"), "")) == "changed"
    files = render_site(Site("Diff", "the test's", merged, changes=found, compared=True))
    assert broken_links(files) == []
    assert '<span class="badge gone">gone</span>' in files["index.html"]
    assert "fill-gone" in files["index.html"]
    assert 'class="edge from-t0 to-t2 added"' in files["index.html"]
    page = files["tables/public.stays.html"]
    assert '<tr id="column-gone" class="gone">' in page
    assert "was <del>integer</del>" in page


def test_nothing_differs_from_itself(empty: URL) -> None:
    schema = schema_of(empty, BEFORE)
    merged, found = compare_schemas(schema, schema)
    assert merged == schema
    assert not found.found
