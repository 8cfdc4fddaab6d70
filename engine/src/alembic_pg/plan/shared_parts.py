"""Return what columns have in common after the statements of a plan so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_pg.online.column_swap.dependents import SHARED_PARTS
from alembic_pg.online.run import probe_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Row

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.plan.earlier_statements import EarlierStatements


def shared_parts(
    runner: Runner,
    fetch: Callable[..., Sequence[Row[Any]]],
    earlier: EarlierStatements,
    changed: Relation | None,
    of: tuple[int, str],
) -> Sequence[Row[Any]]:
    """Return the indexes, CHECKs and foreign keys of a column and of those that were swapped.

    fetch: asks the server. changed: the table, if one of the statements is about it: its indexes
    and CHECKs are then those of an empty copy, which has no foreign keys. of: the table's oid and
    the column, by its name of now.
    """
    (table, column), names = of, earlier.columns
    swapped = [f"{oid}.{names.get((oid, name), name)}" for oid, name in runner.swapped_columns]
    rows = fetch(SHARED_PARTS, table=table, column=names.get(of, column), swapped=swapped)
    rows = [row for row in rows if row.constraint not in earlier.dropped]
    if changed is None:
        return rows
    with probe_table.empty_copy(runner, changed, probe_table.INCLUDING_ALL):
        copy = probe_table.oid_of_copy(runner)
        of_copy = [f"{copy}.{name}" for oid, name in runner.swapped_columns if oid == table]
        copied = fetch(SHARED_PARTS, table=copy, column=column, swapped=of_copy)
    return [*copied, *(row for row in rows if row.foreign)]
