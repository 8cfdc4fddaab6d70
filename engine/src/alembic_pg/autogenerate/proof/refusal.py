"""Say why PostgreSQL refuses a change, and what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.database import errors
from alembic_pg.database.errors import SqlState
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import readable_name

if TYPE_CHECKING:
    from alembic_pg.autogenerate.ops.statement_op import StatementOp

# A candidate has no rows but those that the revisions insert.
_VIOLATIONS = {
    SqlState.NOT_NULL_VIOLATION,
    SqlState.FOREIGN_KEY_VIOLATION,
    SqlState.UNIQUE_VIOLATION,
    SqlState.CHECK_VIOLATION,
}


def refusal_text(operation: StatementOp, error: BaseException) -> str:
    """Return why an operation cannot be done, and what helps against a missing cast or rows.

    error: what running the operation raised.
    """
    reason = errors.describe_error(error)
    column = _retyped_column(str(getattr(error, "statement", "")))
    if column and errors.sqlstate(error) == SqlState.CANNOT_COERCE:
        return (
            f"The type of {column} cannot be changed: {reason}. Add to the column how its values "
            'come to the other type, info={"using": "SQL expression"}, and "using_back" for the '
            "way back."
        )
    text = f"The change cannot be made ({operation.action} {operation.label}): {reason}"
    if errors.sqlstate(error) in _VIOLATIONS:
        text += (
            ". These rows are what revisions insert: change them in a revision of its own before "
            'this one, or, for NOT NULL, add info={"backfill": "SQL expression"} to the column.'
        )
    return text


def _retyped_column(statement: str) -> str:
    """Return the column whose type a statement changes, "" of any other statement."""
    cursor = Cursor(statement)
    if not cursor.accept("ALTER", "TABLE"):
        return ""
    table = cursor.altered_table()
    if not cursor.accept("ALTER", "COLUMN"):
        return ""
    column = cursor.identifier()
    return readable_name(*table, column) if cursor.accept("TYPE") else ""
