"""Know a statement that drops what the next one of the revision makes anew, by the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_pg.offline.table_names import normalized_name
from alembic_pg.revisions.statements import step_statements
from alembic_pg.sql import parser, statements
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Container


def replaced_by(step: Any, sql: str, created: Container[str]) -> str:  # noqa: ANN401  # Alembic's step
    """Return the statement after one, where it makes a constraint or index anew, "" else.

    created: tables that nobody else has, as normalized_name() writes them.
    """
    dropped = _dropped_name(sql)
    if not dropped:
        return ""
    every = step_statements(step)
    following = every[every.index(sql) + 1 :][:1] if every.count(sql) == 1 else ()
    for one in following:
        made = parser.parse(one)
        if (
            isinstance(made, statements.AddConstraint | statements.CreateIndex)
            and made.name
            and tokenize(made.name)[-1].identifier == dropped
            and normalized_name(made.table) not in created
        ):
            return one
    return ""


def _dropped_name(sql: str) -> str:
    """Return the name of the constraint or index that a statement drops, "" of any other."""
    statement = parser.parse(sql)
    if isinstance(statement, statements.DropIndex):
        return tokenize(statement.name)[-1].identifier
    if isinstance(statement, statements.OtherAlterTable):
        cursor = Cursor(statement.rest)
        if cursor.accept("DROP", "CONSTRAINT"):
            return cursor.identifier()
    return ""
