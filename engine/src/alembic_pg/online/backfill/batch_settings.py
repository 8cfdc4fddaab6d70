"""Say how each batch is executed: without a limit, and seen by no trigger where none may notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors, time_limits
from alembic_pg.online.backfill import eligibility
from alembic_pg.refusals import of_batches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.executor import Executor

# What lets no trigger fire, but those that fire always.
_DISABLE_TRIGGERS = "SET LOCAL session_replication_role = replica"


def setup_statements(
    executor: Executor, table: Relation, first: Sequence[str], *, unseen: bool
) -> list[str]:
    """Return the statements that each batch begins with; the parameters are change_rows()'s."""
    statements = [
        *first,
        *time_limits.long_look(executor.version),
        # An error, not rows that are left out.
        "SET LOCAL row_security = off",
        # A batch that a crash takes back is found again.
        "SET LOCAL synchronous_commit = off",
    ]
    if unseen and (triggers := executor.fetch_rows(eligibility.UPDATE_TRIGGERS, table=table.oid)):
        statements.append(_DISABLE_TRIGGERS)
        try:
            with executor.connection.begin():
                executor.execute(_DISABLE_TRIGGERS)
        except DBAPIError as error:
            if errors.sqlstate(error) != errors.SqlState.INSUFFICIENT_PRIVILEGE:
                raise
            refusal = of_batches.FIRES_TRIGGER(table.display_name, trigger=triggers[0].tgname)
            raise executor.stopped_error(refusal.text) from error
    return statements
