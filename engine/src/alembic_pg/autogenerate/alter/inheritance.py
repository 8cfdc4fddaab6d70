"""Order tables by inheritance, and defer what a partition or child gets from its parent.

Source: PostgreSQL, Table Partitioning, Inheritance; ALTER TABLE and CREATE INDEX without ONLY
reach every partition and child, and ATTACH PARTITION makes what is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.dump.entry import table_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic_pg.autogenerate.dump.entry import Dump, Entry


def keys_to_defer(before: Dump, after: Dump, keys: set[str]) -> set[str]:
    """Return those of the differing keys that may differ no more when the others are done.

    They are the parts of a table that is a partition before and after, and the indexes and
    constraints that are attached to another one.
    """
    partitions = _attached_tables(before).keys() & _attached_tables(after).keys()
    deferred = {
        key
        for key in keys
        for dump in (before, after)
        if key in dump
        and (
            key in partitions
            or key.startswith("INDEX ATTACH ")
            or (dump[key].kind in _PARTITION_PART_KINDS and _own_table(dump[key]) in partitions)
        )
    } | (keys & (_attached_keys(before) | _attached_keys(after)))
    return deferred if deferred != keys else set()


def table_parents(dump: Dump) -> dict[str, list[str]]:
    """Return the keys of all tables, parents first, with those of the tables they inherit from."""
    attached = _attached_tables(dump)
    direct_parents = {
        key: [
            need
            for need in attached.get(key, entry.needs if _inherits(dump, key) else ())
            if need != key and need in dump and dump[need].kind == "TABLE"
        ]
        for key, entry in dump.items()
        if entry.kind == "TABLE"
    }
    parents: dict[str, list[str]] = {}

    def add(key: str) -> None:
        for parent in direct_parents[key]:
            add(parent)
        parents.setdefault(key, direct_parents[key])

    for key in direct_parents:
        add(key)
    return parents


def tables_by_ancestor(dump: Dump, keys: Iterable[str]) -> dict[str, list[str]]:
    """Return tables by the first of them that they inherit from, in such an order."""
    wanted = set(keys)
    ancestors: dict[str, str] = {}
    tables: dict[str, list[str]] = {}
    for key, parents in table_parents(dump).items():
        if key in wanted:
            ancestors[key] = next(
                (ancestors[parent] for parent in parents if parent in ancestors), key
            )
            tables.setdefault(ancestors[key], []).append(key)
    return tables


def _inherits(dump: Dump, key: str) -> bool:
    if "\nINHERITS (" not in dump[key].create:  # few have it, and parsing takes time
        return False
    table = table_definition.parse_entry(dump[key])
    return table is not None and "INHERITS" in table.options


_PARTITION_PART_KINDS = frozenset({"CHECK CONSTRAINT", "CONSTRAINT", "DEFAULT", "INDEX"})


def _own_table(entry: Entry) -> str:
    """Return the key of the table that an entry is a part of; a CHECK needs what that one needs."""
    return next((need for need in reversed(entry.needs) if need.startswith("TABLE ")), "")


def _attached_tables(dump: Dump) -> dict[str, tuple[str, ...]]:
    """Return the keys of the tables that are attached to another one, with what that needs."""
    return {
        table_key(entry.schema, entry.name): entry.needs
        for entry in dump.values()
        if entry.kind == "TABLE ATTACH"
    }


def _attached_keys(dump: Dump) -> set[str]:
    """Return the keys of the indexes and constraints that are attached to another one."""
    return {
        need
        for entry in dump.values()
        if entry.kind == "INDEX ATTACH"
        for need in entry.needs
        if need.endswith((f".{entry.name}", f" {entry.name}"))
    }
