"""Find the constraints and unique indexes that a change leaves as they are, be they made again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.hints.renamed_objects import CONSTRAINT_KINDS
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import name_pattern, quote_name

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.sql.cursor import QualifiedName


def kept_constraints(before: Dump, after: Dump) -> frozenset[tuple[QualifiedName, str]]:
    """Return the tables and names of what is the same for new rows before and after.

    before, after: as PostgreSQL prints them, after the renames. A generated column that is made
    anew under another name counts as the same column, where a table has one of them.
    """
    return frozenset(
        place
        for key, entry in before.items()
        if entry.kind in CONSTRAINT_KINDS or entry.kind == "INDEX"
        if (other := after.get(key)) is not None
        if (place := _place(entry)) is not None
        if other.create in {entry.create, _with_new_name(entry, before, after)}
    )


def _place(entry: Entry) -> tuple[QualifiedName, str] | None:
    """Return the table and the name of a constraint or a unique index, None of another index."""
    cursor = Cursor(entry.create)
    if cursor.accept("CREATE", "UNIQUE", "INDEX"):
        name = cursor.identifier()
        cursor.accept("ON")
        cursor.accept("ONLY")
        return cursor.qualified_name(), name
    if not cursor.accept("ALTER", "TABLE"):
        return None
    table = cursor.altered_table()
    return (table, cursor.identifier()) if cursor.accept("ADD", "CONSTRAINT") else None


def _with_new_name(entry: Entry, before: Dump, after: Dump) -> str:
    """Return a definition with the new name of a generated column, "" where there is none."""
    for key in entry.needs:
        if key.startswith("TABLE ") and key in before and key in after:
            old, new = (_generated_columns(dump[key]) for dump in (before, after))
            gone, come = [*old - new], [*new - old]
            if len(gone) == len(come) == 1:
                pattern = rf'(?<![\w"]){name_pattern(gone[0])}(?![\w"])'
                text = quote_name(come[0])
                return re.sub(pattern, text.replace("\\", r"\\"), entry.create)
    return ""


def _generated_columns(entry: Entry) -> set[str]:
    columns = table_definition.entry_columns(entry)
    return {table_definition.unquote_name(name) for name in columns if columns[name].generated}
