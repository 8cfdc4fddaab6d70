"""What stands in the way of columns that change their type or go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import alter_table, detach_columns

if TYPE_CHECKING:
    from alembic_pg.autogenerate.alter.recreate_type import Swap
    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.database.server_features import Ways

# What reads a table's columns and forbids to change their type.
READERS = frozenset({"MATERIALIZED VIEW", "POLICY", "PUBLICATION TABLE", "RULE", "TRIGGER", "VIEW"})

# What may need a type and stays: it is altered, or said of the type.
STAYING = frozenset({"ACL", "CHECK CONSTRAINT", "COMMENT", "TABLE"})

# What does not follow a column to its new type when the type or the column is named in it.
FAST = frozenset({"CHECK CONSTRAINT", "FK CONSTRAINT", "STATISTICS"})

# The same, but only in an expression: a plain index is built anew by PostgreSQL.
EXPRESSIONS = re.compile(r" WHERE |\(\(| WITH [^\w(]")


def find(before: Dump, after: Dump, changing: set[str], swap: Swap, ways: Ways) -> set[str]:
    """Return what stands in the way of columns that change their type or go."""
    tables = {key for key in changing if key.startswith("TABLE ")}
    found = readers(before, tables | swap.held.keys()) | _references(before, after, tables, ways)
    return found | {key for key, entry in before.items() if _holds(entry, swap)}


def _holds(entry: Entry, swap: Swap) -> bool:
    """Return whether an object holds the types that come anew, or the columns of them."""
    if entry.key in swap.keys:
        return False
    if entry.kind not in STAYING and not swap.keys.isdisjoint(entry.needs):
        return True
    columns = {name for need in entry.needs for name in swap.held.get(need, ())}
    if not columns:
        return False
    return (
        entry.kind in FAST
        or (entry.kind in {"CONSTRAINT", "INDEX"} and bool(EXPRESSIONS.search(entry.create)))
    ) and detach_columns.mentions(entry.create, columns | swap.names)


def _references(before: Dump, after: Dump, tables: set[str], ways: Ways) -> set[str]:
    """Return the foreign keys of tables that change a type, which both ends must do at once."""
    retyped = {
        key
        for key in tables
        if any(" TYPE " in s for s in alter_table.turn(before[key], after[key], after, ways) or ())
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


def readers(dump: Dump, tables: set[str]) -> set[str]:
    """Return the keys of what reads one of the tables."""
    return {
        key
        for key, entry in dump.items()
        if (entry.kind in READERS or "BEGIN ATOMIC" in entry.create)
        and tables.intersection(entry.needs)
    }
