"""Refuse rows that a new type does not take before what the revision did so far is committed.

An extension, a type or a function that the revision makes for it would stay otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.locks import lock_retry
from alembic_pg.refusals import of_batches
from alembic_pg.sql.lock_modes import MAKES_NEW, strongest_lock
from alembic_pg.sql.split import statement_cursors

if TYPE_CHECKING:
    from alembic_pg.online.column_swap.shadow_column import ShadowColumn
    from alembic_pg.online.run.revision_runner import Runner

# Milliseconds of looking; what takes longer is found out by the steps themselves.
_PATIENCE = 10_000

# What comes with a new object.
_COMMENTS = ("COMMENT ON EXTENSION", "COMMENT ON SCHEMA", "COMMENT ON TYPE", "COMMENT ON DOMAIN")

# The columns of each unique index that has one as it stands, None for that one.
_UNIQUE_COLUMNS = """
SELECT array_agg(CASE WHEN key.number <> :number
  THEN pg_get_indexdef(indexrelid, key.place::int, true) END ORDER BY key.place) AS columns
FROM pg_index, unnest(indkey) WITH ORDINALITY AS key (number, place)
WHERE indrelid = :table AND indisunique AND indpred IS NULL AND place <= indnkeyatts
GROUP BY indexrelid HAVING bool_or(key.number = :number) AND bool_and(key.number <> 0)
ORDER BY indexrelid
"""


def refuse_unfit_rows(runner: Runner, shadow: ShadowColumn, number: int) -> None:
    """Raise RefusedError where rows do not take a column's new type, or are no longer unique.

    Nothing is asked where the transaction of the revision has done nothing yet, where something of
    the revision is committed already, or others would wait for a lock meanwhile. number: the
    column's attnum.
    """
    if not _can_look(runner):
        return
    runner.send_queued()
    value = f"({shadow.using or shadow.old_column})::{shadow.type}"
    try:
        with runner.undone_at_end():
            runner.execute_all(
                [f"SET LOCAL statement_timeout = {_PATIENCE}", "SET LOCAL row_security = off"]
            )
            runner.execute(f"SELECT count({value}) FROM {shadow.table_name}")  # noqa: S608  # the revision's
            _refuse_duplicates(runner, shadow, number, value)
    except DBAPIError as error:
        lock_retry.reraise_if_no_answer(error)
        # Of another failure the steps tell, or another time is better.
        shadow.refuse_unfit_value(runner, error)


def _can_look(runner: Runner) -> bool:
    note = runner.journal.note
    return (
        bool(runner.executed)
        and not (runner.in_autocommit_block or note.done or note.untracked)
        and all(
            not strongest_lock(sql)[0]
            and all(one.accept_any(*MAKES_NEW, *_COMMENTS) for one in statement_cursors(sql))
            for sql in runner.executed
        )
    )


def _refuse_duplicates(runner: Runner, shadow: ShadowColumn, number: int, value: str) -> None:
    for row in runner.fetch_rows(_UNIQUE_COLUMNS, table=shadow.table.oid, number=number):
        columns = ", ".join(one or value for one in row.columns)
        shown = ", ".join(one or shadow.old_column for one in row.columns)
        found = runner.fetch(
            f"SELECT count(*) OVER (), {columns} FROM {shadow.table_name} "  # noqa: S608  # the revision's
            f"WHERE ({columns}) IS NOT NULL GROUP BY {columns} HAVING count(*) > 1 LIMIT 1"
        )
        if found:
            count, values = found[0][0], found[0][1:]
            example = ", ".join(map(str, values))
            said = (
                f"duplicates in {shadow.table.display_name} ({count} of {shown}, as "
                f"{shadow.type}): ({shown})=({example}), for example."
            )
            raise runner.refused_error(of_batches.DUPLICATES(shadow.table.display_name, said=said))
