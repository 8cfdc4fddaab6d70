"""An index that another one replaces goes once that is built: queries are never without either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.ops import flatten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation


def create_indexes_first(found: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return operations in which indexes go after those that come on their table.

    The same list where none does both; one that comes under its old name goes before, as it must.
    Whether that leads there is to be proven: an index may be of a column that goes.
    """
    coming = [one for one in found if isinstance(one, ops.CreateIndexOp)]
    names = {one.index_name for one in coming}
    last = {flatten.changed_table_key(one): one for one in coming}
    late: dict[int, list[MigrateOperation]] = {}
    for one in found:
        table = flatten.changed_table_key(one)
        if isinstance(one, ops.DropIndexOp) and one.index_name not in names and table in last:
            late.setdefault(id(last[table]), []).append(one)
    moved = {id(one) for several in late.values() for one in several}
    ordered: list[MigrateOperation] = []
    for one in found:
        if id(one) not in moved:
            ordered += [one, *late.get(id(one), [])]
    return ordered
