"""Know a statement that drops what the next one of the revision makes anew, by the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.offline.table_names import normalized_name
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.sql import parser, session_statements, statements

if TYPE_CHECKING:
    from collections.abc import Container


def dropped_name(sql: str) -> str:
    """Return the name of the constraint or index that a statement drops, "" of any other."""
    statement = parser.parse(sql)
    if isinstance(statement, statements.DropIndex):
        return catalog_name(statement.name)
    return session_statements.dropped_constraint(sql)


def makes_anew(sql: str, name: str, created: Container[str]) -> bool:
    """Return whether a statement makes a constraint or index of a name.

    created: tables that nobody else has, as normalized_name() writes them; theirs do not count.
    """
    made = parser.parse(sql)
    return (
        isinstance(made, statements.AddConstraint | statements.CreateIndex)
        and bool(made.name)
        and catalog_name(made.name) == name
        and normalized_name(made.table) not in created
    )
