"""Bring operations that Alembic's comparators take out of sets into the same order in each run."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.dump.part_owner import key_ends
from alembic_pg.autogenerate.ops import flatten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Dump


def in_stable_order(operations: Iterable[MigrateOperation], before: Dump) -> list[MigrateOperation]:
    """Return operations of which those on one table, and the drops of tables, are in one order.

    A table that refers to another one or inherits from it goes first.
    before: what the revisions build.
    """
    every = list(operations)
    dropped = flatten.dropped_tables(every)
    places = {key: place for place, key in enumerate(_referring_tables_first(before))}

    def group(operation: MigrateOperation) -> object:
        table = flatten.changed_table_key(operation)
        return "" if table in dropped else (type(operation), table)

    def place(operation: MigrateOperation) -> tuple[int, bool, str]:
        table = flatten.changed_table_key(operation) or ""
        return places.get(table, 0), isinstance(operation, ops.DropTableOp), _name(operation)

    return [operation for _, some in groupby(every, group) for operation in sorted(some, key=place)]


def _name(operation: MigrateOperation) -> str:
    """Return what tells an operation from others of its kind on its table, "" of most kinds."""
    if isinstance(operation, ops.DropColumnOp):
        return operation.column_name
    if isinstance(operation, ops.CreateForeignKeyOp):
        return f"{operation.constraint_name or ''} {operation.local_cols}"
    if isinstance(operation, ops.CreateUniqueConstraintOp):
        return f"{operation.constraint_name or ''} {[*operation.columns]}"
    if isinstance(operation, ops.DropConstraintOp):
        return str(operation.constraint_name or "")
    return str(operation.index_name or "") if isinstance(operation, ops.DropIndexOp) else ""


def _referring_tables_first(dump: Dump) -> list[str]:
    """Return the keys of all tables; of those in a circle, the same one is always first."""
    needed: dict[str, set[str]] = {key: set() for key in dump if key.startswith("TABLE ")}
    for key, entry in dump.items():
        if key in needed:
            needed[key] |= needed.keys() & {*entry.needs}
        elif entry.kind == "FK CONSTRAINT":
            own, others = key_ends(dump, entry)
            if own:
                needed[own] |= others
    order: list[str] = []
    seen: set[str] = set()

    def add(key: str) -> None:
        if key not in seen:
            seen.add(key)
            for other in sorted(needed[key]):
                add(other)
            order.append(key)

    for key in sorted(needed):
        add(key)
    return order[::-1]
