"""Find the objects that must be dropped before columns change their type or are dropped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import alter_table, detach_columns
from alembic_pg.autogenerate.dump import table_definition

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from alembic_pg.autogenerate.alter.database_facts import DatabaseFacts
    from alembic_pg.autogenerate.alter.recreate_type import RecreatedTypes
    from alembic_pg.autogenerate.dump.column_users import ColumnUsers
    from alembic_pg.autogenerate.dump.entry import Dump, Entry

# What reads a table's columns, so that PostgreSQL refuses to change their type.
READER_KINDS = frozenset(
    {"MATERIALIZED VIEW", "POLICY", "PUBLICATION TABLE", "RULE", "TRIGGER", "VIEW"}
)

# What has to be dropped before a column of its table is.
COLUMN_PART_KINDS = frozenset(
    {"CHECK CONSTRAINT", "CONSTRAINT", "FK CONSTRAINT", "INDEX", "STATISTICS"}
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
    facts: DatabaseFacts,
) -> set[str]:
    """Return what stands in the way of columns that change their type or go."""
    altered = {
        key: {*map(table_definition.unquote_name, names)}
        for key, names in recreated.columns_by_table.items()
    }
    for key in changing:
        if key.startswith("TABLE "):
            names = alter_table.altered_columns(before[key], after[key], facts.features)
            altered.setdefault(key, set()).update(names)
    in_the_way = column_readers(before, altered, facts)
    in_the_way |= _foreign_keys_to_drop(before, after, changing, facts)
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
    before: Dump, after: Dump, changing: set[str], facts: DatabaseFacts
) -> set[str]:
    """Return the foreign keys of columns that change their type: both ends must do it at once."""
    retyped = {
        key: names
        for key in changing
        if key.startswith("TABLE ")
        if (names := alter_table.retyped_columns(before[key], after[key]))
    }
    if not retyped:
        return set()
    if facts.read_column_users is not None:
        users = _users(retyped, facts.read_column_users())
        return {key for key in users if key in before and before[key].kind == "FK CONSTRAINT"}
    ends = retyped.keys() | {
        key
        for key, entry in before.items()
        if entry.kind == "CONSTRAINT" and retyped.keys() & {*entry.needs}
    }
    return {
        key
        for key, entry in before.items()
        if entry.kind == "FK CONSTRAINT" and ends.intersection(entry.needs)
    }


def column_readers(
    dump: Dump, altered: Mapping[str, Collection[str]], facts: DatabaseFacts
) -> set[str]:
    """Return the keys of what reads columns, so that PostgreSQL refuses to alter them.

    altered: the names of the columns, by the keys of their tables.
    """
    tables = {key for key, names in altered.items() if names}
    readers = {
        key
        for key, entry in dump.items()
        if (entry.kind in READER_KINDS or "BEGIN ATOMIC" in entry.create)
        and tables.intersection(entry.needs)
    }
    if not readers or facts.read_column_users is None:
        return readers
    return readers & _users(altered, facts.read_column_users())


def parts_of_columns(
    dump: Dump, table_key: str, names: Collection[str], facts: DatabaseFacts
) -> set[str]:
    """Return the keys of the constraints, indexes and statistics of columns of a table."""
    parts = {
        key
        for key, entry in dump.items()
        if entry.kind in COLUMN_PART_KINDS
        and table_key in entry.needs
        and any(name in entry.create for name in names)
    }
    if not parts or facts.read_column_users is None:
        return parts
    return parts & _users({table_key: names}, facts.read_column_users())


def _users(altered: Mapping[str, Collection[str]], users: ColumnUsers) -> set[str]:
    return {
        user
        for key, names in altered.items()
        for name in names
        for user in users.get((key, name), ())
    }
