"""Leave out of the leftovers the constraints that revisions add NOT VALID and never validate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.recovery import leftovers
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic.script import Script
    from sqlalchemy.engine import Connection

_NOT_VALID = " is NOT VALID"


def unfinished_lines(
    connection: Connection, table: str, revisions: Iterable[Script]
) -> Iterator[str]:
    """Yield a line for each thing that a run has left unfinished.

    table: Alembic's own, as a statement names it. revisions: all, oldest first.
    """
    lines = list(leftovers.leftover_lines(connection, table))
    wanted: set[str] = set()
    if any(line.endswith(_NOT_VALID) for line in lines):
        wanted = {
            f"constraint {quote_name(name)} of " for name in constraints_not_validated(revisions)
        }
    for line in lines:
        if not (line.endswith(_NOT_VALID) and any(map(line.startswith, wanted))):
            yield line


def constraints_not_validated(revisions: Iterable[Script]) -> set[str]:
    """Return the constraints that the upgrades of revisions add NOT VALID and never validate."""
    # Hardly a database has any, and nobody else waits for the import.
    from alembic_pg.revisions import statements  # noqa: PLC0415
    from alembic_pg.sql.split import statement_cursors  # noqa: PLC0415

    found: set[str] = set()
    for statement in statements.upgrade_statements(revisions):
        for cursor in statement_cursors(statement.sql):
            if not cursor.accept("ALTER", "TABLE"):
                continue
            cursor.altered_table()
            for action in cursor.split_commas():
                if action.accept("ADD", "CONSTRAINT"):
                    name = action.identifier()
                    found |= {name} if action.contains("NOT", "VALID") else set()
                elif action.accept_any("VALIDATE CONSTRAINT", "DROP CONSTRAINT"):
                    found.discard(action.identifier())
    return found
