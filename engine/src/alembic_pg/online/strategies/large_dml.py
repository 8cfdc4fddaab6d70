"""Refuse a statement that changes many rows of a large table at once, by the planner's estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.run import large_tables, planned_changes
from alembic_pg.refusals import of_statements

if TYPE_CHECKING:
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import Statement


def refuse_many_rows(runner: Runner, statement: Statement) -> None:
    """Raise RefusedError when a statement would change many rows of a large table."""
    for verb, name, rows in planned_changes.planned_changes(runner, statement.sql):
        table = runner.find_relation(name)
        if (
            rows > planned_changes.FEW_ROWS
            and table is not None
            and table.oid in runner.existing_tables
        ):
            large_tables.refuse_if_large(
                runner,
                table,
                of_statements.MANY_ROWS,
                verb=verb.upper() if verb != "Insert" else "ON CONFLICT DO UPDATE",
            )
