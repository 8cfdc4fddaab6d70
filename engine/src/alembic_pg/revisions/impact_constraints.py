"""Tell whether rows had to fit a constraint or a unique index before the revision that adds it.

What a change of type, or a generated column that is made anew, takes along comes back as it was:
nothing breaks on that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.revisions.definition_words import definition_words
from alembic_pg.revisions.impact_findings import Impact
from alembic_pg.sql.quoting import object_label

if TYPE_CHECKING:
    from alembic_pg.revisions.schema_model import Schema, Table
    from alembic_pg.sql.cursor import Cursor


def read_unique_index(schema: Schema, cursor: Cursor) -> Impact:
    """Return what breaks on CREATE UNIQUE INDEX; cursor: after these words."""
    cursor.accept("CONCURRENTLY")
    cursor.accept("IF", "NOT", "EXISTS")
    index = "" if cursor.current_word == "ON" else cursor.qualified_name()[1]
    cursor.accept("ON")
    cursor.accept("ONLY")
    name = cursor.qualified_name()
    table = schema.tables.get(name)
    if table is None or table.is_new or add(table, index, cursor.remaining_text()):
        return Impact()  # of a materialised view, say
    return Impact(breaks=[f"new rows of {object_label(name)} must fit {index or 'a unique index'}"])


def drop_index(schema: Schema, schema_name: str, index: str) -> None:
    """Let a unique index go; what is known of others is as it was."""
    for (place, _), table in schema.tables.items():
        if place == schema_name and index in table.constraints:
            table.dropped_constraints.add(index)


def add(table: Table, name: str, definition: str) -> bool:
    """Add a constraint or a unique index; return whether new rows had to fit it before."""
    words = definition_words(definition)
    known = name in table.taken_along or words in table.constraints.values()
    if name:
        table.constraints[name] = words
        table.dropped_constraints.discard(name)
    return known


def rename_column(table: Table, old: str, new: str) -> None:
    """Let what is known of a table's constraints name a column by its new name."""
    for name, words in table.constraints.items():
        table.constraints[name] = tuple(new if word == old else word for word in words)


def drop_column(table: Table, column: str, *, generated: bool) -> None:
    """Let what names a column go along with it; that of a generated one may come back with it."""
    gone = {name for name, words in table.constraints.items() if column in words}
    table.dropped_constraints |= gone
    if generated:
        table.taken_along |= gone
