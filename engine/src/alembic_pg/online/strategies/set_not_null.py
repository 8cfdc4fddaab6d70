"""SET NOT NULL after a look at the old rows that blocks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.ensure import not_null

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import SetNotNull

# What is noted of a column that was not.
_NOTED_NULLABLE = "nullable"


def make_not_null(runner: Runner, shape: SetNotNull, table: Relation, key: str) -> None:
    """Make a column NOT NULL. Raises LeftNothingError where it has nulls."""
    runner.settle()
    began = runner.journal.detail(key) or (
        "" if not_null.is_not_null(runner, table, shape.column) else _NOTED_NULLABLE
    )
    with runner.outside(key, began):
        if not not_null.has_column(runner, table, shape.column):
            runner.fail(shape.sql)
        not_null.ensure_not_null(runner, table, shape.column)
