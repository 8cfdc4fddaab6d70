"""Ask PostgreSQL's planner which tables a statement changes, how, and how many rows of each.

EXPLAIN sees a MERGE, an UPDATE in a WITH, or the table of a view, too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.locks import lock_retry
from alembic_pg.sql import split
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.session import Session

# Rows that are changed in about a tenth of a second.
FEW_ROWS = 10_000


def explain(session: Session, sql: str) -> dict[str, Any]:
    """Return the plan of a statement, as EXPLAIN has it. Raises DBAPIError where there is none."""
    explained = split.single_statement(sql)
    # PREPARE leaves the values open (GENERIC_PLAN, since PostgreSQL 16).
    generic = ", GENERIC_PLAN" * any(token.text == "$" for token in explained.tokens)
    text = session.text_to_explain(explained.whole_text())
    with session.undone_at_end():
        return plan_of(session.scalar(f"EXPLAIN (VERBOSE, FORMAT JSON{generic}) {text}"))


def plan_of(explained: Any) -> dict[str, Any]:  # noqa: ANN401  # drivers differ
    """Return the plan that an EXPLAIN (FORMAT JSON) has answered, as text or already read."""
    found: dict[str, Any] = (json.loads(explained) if isinstance(explained, str) else explained)[0]
    plan: dict[str, Any] = found["Plan"]
    return plan


def changes_many_rows(session: Session, sql: str) -> bool:
    """Return whether PostgreSQL's planner thinks that a statement changes many rows."""
    return sum(rows for _, _, rows in planned_changes(session, sql)) > FEW_ROWS


def planned_changes(session: Session, sql: str) -> Iterator[tuple[str, str, float]]:
    """Yield what a statement does to rows that are there, of which table, and to how many.

    It is Update, Delete, Merge, or Insert where a conflict makes an update of that.
    """
    try:
        plan = explain(session, sql)
    except DBAPIError as error:
        lock_retry.reraise_if_no_answer(error)
        yield from session.changes_to_come(sql)
        return  # PostgreSQL says why, when the statement itself is executed
    yield from _changes_of_plan(plan)


def _changes_of_plan(plan: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    below = plan.get("Plans", [])
    inserts = plan.get("Operation") == "Insert" and plan.get("Conflict Resolution") != "UPDATE"
    if plan["Node Type"] == "ModifyTable" and not inserts:
        rows = sum(one["Plan Rows"] for one in below if one["Parent Relationship"] == "Outer")
        yield plan["Operation"], quote_name(plan["Schema"], plan["Relation Name"]), rows
    for one in below:
        yield from _changes_of_plan(one)
