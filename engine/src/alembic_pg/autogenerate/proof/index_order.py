"""Create an index before the one it replaces is dropped, so that queries always have one.

So it is with unique constraints, without which rows could be doubled meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.ops import flatten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation

_CREATES = (ops.CreateIndexOp, ops.CreateUniqueConstraintOp, ops.CreatePrimaryKeyOp)

# A table has one primary key at most: a new one cannot come first.
_UNIQUE, _PRIMARY = "unique", "primary"


def create_indexes_first(operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return operations in which indexes are dropped after the new ones of their table are created.

    One that is created under its old name is dropped just before, as it must be; a run then lets it
    be until the new one is built. The result is to be proven: an index may be of a column that is
    dropped.
    """
    same: dict[tuple[str | None, str], MigrateOperation] = {}
    last: dict[str | None, MigrateOperation] = {}
    for operation in operations:
        if isinstance(operation, _CREATES):
            table = flatten.changed_table_key(operation)
            same[table, _name(operation)] = last[table] = operation
    before: dict[int, list[MigrateOperation]] = {}
    after: dict[int, list[MigrateOperation]] = {}
    for operation in operations:
        table = flatten.changed_table_key(operation)
        if not _drops_index(operation):
            continue
        if own := same.get((table, _name(operation))):
            before.setdefault(id(own), []).append(operation)
        elif table in last and getattr(operation, "constraint_type", "") != _PRIMARY:
            after.setdefault(id(last[table]), []).append(operation)
    moved = {id(drop) for drops in (*before.values(), *after.values()) for drop in drops}
    ordered: list[MigrateOperation] = []
    for operation in operations:
        if id(operation) not in moved:
            here = id(operation)
            ordered += [*before.get(here, []), operation, *after.get(here, [])]
    return ordered


def _drops_index(operation: MigrateOperation) -> bool:
    return isinstance(operation, ops.DropIndexOp) or (
        isinstance(operation, ops.DropConstraintOp)
        and operation.constraint_type in {_UNIQUE, _PRIMARY}
    )


def _name(operation: MigrateOperation) -> str:
    names = (getattr(operation, name, None) for name in ("index_name", "constraint_name"))
    return str(next(filter(None, names), ""))
