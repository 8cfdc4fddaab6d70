"""What a partition has because its table has it: PostgreSQL changes it along with the table.

Source: PostgreSQL, Table Partitioning; ALTER TABLE and CREATE INDEX without ONLY reach every
partition, and ATTACH PARTITION makes what is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ddl.compare.entry import Dump


def wait(before: Dump, after: Dump, keys: set[str]) -> set[str]:
    """Return those of the differing keys that may differ no more when the others are done.

    They are the parts of a table that is a partition before and after, and the indexes and
    constraints that are attached to another one.
    """
    partitions = _partitions(before) & _partitions(after)
    found = {
        key
        for key in keys
        for dump in (before, after)
        if key in dump
        and (
            key in partitions
            or key.startswith("INDEX ATTACH ")
            or (dump[key].kind in _OF_PARTITIONS and partitions.intersection(dump[key].needs))
        )
    } | (keys & (_attached(before) | _attached(after)))
    return found if found != keys else set()


_OF_PARTITIONS = frozenset({"CHECK CONSTRAINT", "CONSTRAINT", "DEFAULT", "INDEX"})


def _partitions(dump: Dump) -> set[str]:
    """Return the keys of the tables that are attached to another one."""
    return {
        f"TABLE {entry.schema}.{entry.name}"
        for entry in dump.values()
        if entry.kind == "TABLE ATTACH"
    }


def _attached(dump: Dump) -> set[str]:
    """Return the keys of the indexes and constraints that are attached to another one."""
    return {
        need
        for entry in dump.values()
        if entry.kind == "INDEX ATTACH"
        for need in entry.needs
        if need.endswith((f".{entry.name}", f" {entry.name}"))
    }
