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


def shared_parts(  # noqa: PLR0913  # the last three are the query's
    runner: Runner,
    fetch: Callable[..., Sequence[Row[Any]]],
    earlier: EarlierStatements,
    changed: Relation | None,
    *,
    table: int,
    column: str,
    swapped: Sequence[str],
) -> Sequence[Row[Any]]:
    """Return the indexes, CHECKs and foreign keys of a column and of others.

    fetch: asks the server. changed: the table, if one of the statements is about it: its indexes
    and CHECKs are then those of an empty copy, which has no foreign keys. table, column, swapped:
    what SHARED_PARTS asks for, with the names of now.
    """
    names, others = earlier.columns, [one.partition(".") for one in swapped]
    rows = fetch(
        SHARED_PARTS,
        table=table,
        column=names.get((table, column), column),
        swapped=[f"{oid}.{names.get((int(oid), name), name)}" for oid, _, name in others],
    )
    rows = [row for row in rows if row.constraint not in earlier.dropped]
    if changed is None:
        return rows
    with probe_table.empty_copy(runner, changed, probe_table.INCLUDING_ALL):
        copy = runner.scalar(f"SELECT '{probe_table.PROBE_TABLE}'::regclass::oid::int8")
        of_copy = [f"{copy}.{name}" for oid, _, name in others if int(oid) == table]
        copied = fetch(SHARED_PARTS, table=copy, column=column, swapped=of_copy)
    return [*copied, *(row for row in rows if row.foreign)]
