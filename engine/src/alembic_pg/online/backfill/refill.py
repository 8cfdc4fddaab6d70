"""Fill a column again that an UPDATE of the revision has filled, before it becomes NOT NULL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.backfill import eligibility, volatility
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.sql.row_ranges import RowChange

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import UpdateOrDelete


def remember_backfill(runner: Runner, statement: UpdateOrDelete, table: Relation) -> None:
    """Remember what fills a column: a NOT NULL may find rows that were added since."""
    runner.backfill_statements[table.oid, catalog_name(statement.backfill_column)] = statement


def repeat_backfill(runner: Runner, table: Relation, column: str) -> None:
    """Fill what old code has added since the revision filled the column; now it cannot any more.

    column: as the catalog has it. Where that is not certain to be the same, NOT NULL tells.
    """
    statement = runner.backfill_statements.get((table.oid, column))
    if statement is None or eligibility.backfill_blocker(runner, table):
        return
    statement = volatility.with_fixed_time(runner, statement, volatility.current_time(runner))
    if volatility.is_batch_safe(runner, statement, table):
        runner.change_in_batches(table, RowChange.for_backfill(statement), quiet=True)
