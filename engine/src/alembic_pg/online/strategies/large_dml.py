"""Many rows of a large table that one statement would change: who writes them waits until its end.

What changes which table is asked of PostgreSQL's planner (EXPLAIN), which sees a MERGE, an UPDATE
in a WITH, or the table of a view, too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import large_tables
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import Statement

# Rows that are changed in about a tenth of a second.
_FEW_ROWS = 10_000

MANY_ROWS_EFFECT = "changes many rows of {} at once, and who writes them waits until its end"


def refuse_many_rows(runner: Runner, shape: Statement) -> None:
    """Raise LeftNothingError when a statement would change many rows of a large table."""
    for verb, name, rows in planned_changes(runner, shape.sql):
        table = runner.find(name)
        if rows > _FEW_ROWS and table is not None and table.oid in runner.known:
            large_tables.refuse_if_large(
                runner,
                table,
                verb.upper() if verb != "Insert" else "ON CONFLICT DO UPDATE",
                "Let an UPDATE or DELETE of this table alone run in batches: "
                'execution_options={"batches": True}.',
                MANY_ROWS_EFFECT,
            )


def changes_many_rows(runner: Runner, sql: str) -> bool:
    """Return whether PostgreSQL's planner thinks that a statement changes many rows."""
    return sum(rows for _, _, rows in planned_changes(runner, sql)) > _FEW_ROWS


def planned_changes(runner: Runner, sql: str) -> Iterator[tuple[str, str, float]]:
    """Yield what a statement does to rows that are there, of which table, and to how many.

    It is Update, Delete, Merge, or Insert where a conflict makes an update of that.
    """
    try:
        with runner.undone_at_end():
            plan = runner.value(f"EXPLAIN (VERBOSE, FORMAT JSON) {sql}")
    except DBAPIError as error:
        lock_retry.reraise_if_no_answer(error)
        return  # PostgreSQL says why, when the statement itself is executed
    plan = json.loads(plan) if isinstance(plan, str) else plan
    yield from _changes_of_plan(plan[0]["Plan"])


def _changes_of_plan(plan: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    below = plan.get("Plans", [])
    inserts = plan.get("Operation") == "Insert" and plan.get("Conflict Resolution") != "UPDATE"
    if plan["Node Type"] == "ModifyTable" and not inserts:
        rows = sum(one["Plan Rows"] for one in below if one["Parent Relationship"] == "Outer")
        yield plan["Operation"], quote_name(plan["Schema"], plan["Relation Name"]), rows
    for one in below:
        yield from _changes_of_plan(one)
