"""List what the search of the pages finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.pages import names

if TYPE_CHECKING:
    from alembic_pg.pages.schema import Schema


def search_entries(schema: Schema) -> list[tuple[str, str, str]]:
    """Return the name, the kind and the page of each object and column, in their order."""
    found = [
        (names.shown_key(one.key), one.kind, names.relation_page(one.key))
        for one in schema.relations
    ]
    found += [
        (
            f"{names.shown_key(one.key)}.{names.shown(column.name)}",
            "column",
            f"{names.relation_page(one.key)}#{column_anchor(column.name)}",
        )
        for one in schema.relations
        for column in one.columns
    ]
    found += [
        (names.shown_key(one.key), one.kind, names.function_page(one.key, one.arguments))
        for one in schema.functions
    ]
    found += [
        (names.shown_key(one.key), one.kind, f"objects.html#{names.type_anchor(one.key)}")
        for one in schema.types
    ]
    found += [
        (names.shown(one.key[1]), one.key[0], f"objects.html#{names.other_anchor(one.key)}")
        for one in schema.others
    ]
    return found


def column_anchor(name: str) -> str:
    """Return the place of a column on the page of its table."""
    return f"column-{names.file_name(name)}"
