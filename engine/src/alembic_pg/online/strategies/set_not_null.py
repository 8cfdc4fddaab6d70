"""Set NOT NULL after the old rows were validated beside traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.ensure import not_null

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import SetNotNull

# What is noted of a column that was not.
_NOTED_NULLABLE = "nullable"


def make_not_null(runner: Runner, statement: SetNotNull, table: Relation, key: str) -> None:
    """Make a column NOT NULL. Raises RefusedError where it has nulls."""
    runner.run_pending()
    began = runner.journal.detail(key) or (
        "" if not_null.is_not_null(runner, table, statement.column) else _NOTED_NULLABLE
    )
    with runner.outside_transaction(key, began):
        if not not_null.has_column(runner, table, statement.column):
            runner.run_for_its_error(statement.sql)
        not_null.ensure_not_null(runner, table, statement.column)
