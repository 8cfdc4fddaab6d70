"""What stands in the way of columns that change their type or go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddl.compare import table_turn, type_turn

if TYPE_CHECKING:
    from ddl.compare.entry import Dump

# What reads a table's columns and forbids to change their type.
READERS = frozenset({"MATERIALIZED VIEW", "POLICY", "PUBLICATION TABLE", "RULE", "TRIGGER", "VIEW"})

# What may name a type in an expression, which then holds the type fast.
EXPRESSIONS = frozenset({"CHECK CONSTRAINT", "CONSTRAINT", "FUNCTION", "INDEX", "VIEW"})


def find(before: Dump, after: Dump, changing: set[str]) -> set[str]:
    """Return what stands in the way of columns that change their type or go."""
    found: set[str] = set()
    tables = {key for key in changing if key.startswith("TABLE ")}
    for key in changing:
        name = swapped(before, after, key)
        if name is not None:
            tables |= {k for k, e in before.items() if e.kind == "TABLE" and name in e.create}
            found |= {k for k, e in before.items() if e.kind in EXPRESSIONS and name in e.create}
    return found | readers(before, tables) | _references(before, after, tables & changing)


def swapped(before: Dump, after: Dump, key: str) -> str | None:
    """Return the name of an enum of which the columns come to a new type of that name.

    It loses a value, or gains one that the same revision uses: a value that is added cannot be
    used in its transaction (PostgreSQL, ALTER TYPE).
    """
    old, new = before[key], after[key]
    name = type_turn.swapped(old, new)
    if name is not None or old.kind != "TYPE":
        return name
    name = type_turn.enum_name(new)
    added = set(type_turn.enum_labels(new)) - set(type_turn.enum_labels(old))
    uses = ["'{}'::{}".format(label.replace("'", "''"), name) for label in added]
    used = any(
        use in entry.create
        for place, entry in after.items()
        if place not in before or before[place].text != entry.text
        for use in uses
    )
    return name if used else None


def _references(before: Dump, after: Dump, tables: set[str]) -> set[str]:
    """Return the foreign keys of tables that change a type, which both ends must do at once."""
    retyped = {
        key
        for key in tables
        if any(" TYPE " in s for s in table_turn.turn(before[key], after[key], before) or ())
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
