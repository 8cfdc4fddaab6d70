"""Learn from PostgreSQL's planner how much of its table a statement changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.run.planned_changes import plan_of
from alembic_pg.sql import parser
from alembic_pg.sql.statements import UpdateOrDelete

if TYPE_CHECKING:
    from alembic_pg.plan.revision_plan import StatementPlan
    from alembic_pg.preflight.count import Counter


def share_of_rows(counter: Counter, planned: StatementPlan) -> float:
    """Return which part of the rows of its table a statement changes, 1 where that is all.

    It is 1 too where nobody knows: without statistics, or of a column that is still to come.
    """
    statement = parser.parse(planned.sql)
    if not isinstance(statement, UpdateOrDelete) or not statement.condition or not planned.rows:
        return 1.0
    rows = f"SELECT FROM {planned.table} AS {statement.alias} WHERE {statement.condition}"
    try:
        # Who may only read may not explain an UPDATE.
        (explained,) = counter.read_all(f"EXPLAIN (FORMAT JSON) {rows}")
    except DBAPIError:
        return 1.0
    return min(float(plan_of(explained[0])["Plan Rows"]) / planned.rows, 1.0)
