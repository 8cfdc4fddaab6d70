"""Find the objects that must be dropped before columns change their type or are dropped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import alter_table, detach_columns

if TYPE_CHECKING:
    from alembic_pg.autogenerate.alter.recreate_type import RecreatedTypes
    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.database.server_features import ServerFeatures

# What reads a table's columns, so that PostgreSQL refuses to change their type.
READER_KINDS = frozenset(
    {"MATERIALIZED VIEW", "POLICY", "PUBLICATION TABLE", "RULE", "TRIGGER", "VIEW"}
)

# What may need a type and is not dropped with it: it is altered, or belongs to the type.
KINDS_THAT_STAY = frozenset({"ACL", "CHECK CONSTRAINT", "COMMENT", "TABLE"})

# What does not follow a column to its new type when the type or the column is named in it.
KINDS_TO_RECREATE = frozenset({"CHECK CONSTRAINT", "FK CONSTRAINT", "STATISTICS"})

# The same, but only in an expression: PostgreSQL rebuilds a plain index by itself.
HAS_EXPRESSION = re.compile(r" WHERE |\(\(| WITH [^\w(]")


def column_dependents(
    before: Dump,
    after: Dump,
    changing: set[str],
    recreated: RecreatedTypes,
    features: ServerFeatures,
) -> set[str]:
    """Return what stands in the way of columns that change their type or go."""
    tables = {key for key in changing if key.startswith("TABLE ")}
    in_the_way = table_readers(before, tables | recreated.columns_by_table.keys())
    in_the_way |= _foreign_keys_to_drop(before, after, tables, features)
    in_the_way |= {key for key, entry in before.items() if _uses_recreated_types(entry, recreated)}
    return in_the_way


def _uses_recreated_types(entry: Entry, recreated: RecreatedTypes) -> bool:
    """Return whether an object uses the recreated types, or columns of these types."""
    if entry.key in recreated.keys:
        return False
    if entry.kind not in KINDS_THAT_STAY and not recreated.keys.isdisjoint(entry.needs):
        return True
    columns = {name for need in entry.needs for name in recreated.columns_by_table.get(need, ())}
    if not columns:
        return False
    return (
        entry.kind in KINDS_TO_RECREATE
        or (entry.kind in {"CONSTRAINT", "INDEX"} and bool(HAS_EXPRESSION.search(entry.create)))
    ) and detach_columns.mentions_names(entry.create, columns | recreated.type_names)


def _foreign_keys_to_drop(
    before: Dump, after: Dump, tables: set[str], features: ServerFeatures
) -> set[str]:
    """Return the foreign keys of tables that change a type, which both ends must do at once."""
    retyped = {
        key
        for key in tables
        if any(
            " TYPE " in s
            for s in alter_table.alter_statements(before[key], after[key], after, features) or ()
        )
    }
    ends = retyped | {
        key
        for key, entry in before.items()
        if entry.kind == "CONSTRAINT" and retyped.intersection(entry.needs)
    }
    return {
        key
        for key, entry in before.items()
        if entry.kind == "FK CONSTRAINT" and ends.intersection(entry.needs)
    }


def table_readers(dump: Dump, tables: set[str]) -> set[str]:
    """Return the keys of what reads one of the tables."""
    return {
        key
        for key, entry in dump.items()
        if (entry.kind in READER_KINDS or "BEGIN ATOMIC" in entry.create)
        and tables.intersection(entry.needs)
    }
