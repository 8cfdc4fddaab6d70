"""Name the parts of a table that a statement takes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.sql.cursor import Cursor


def dropped_by_action(action: Cursor, table: int) -> Iterator[str]:
    """Yield what an action of ALTER TABLE takes away, as EarlierStatements.dropped has it.

    action: of a table that was there before the plan. table: its oid. A column that is computed no
    more has its values, and hangs on no other one.
    """
    if kind := action.accept_any("DROP COLUMN", "DROP CONSTRAINT"):
        action.accept("IF", "EXISTS")
        yield f"{'' if kind == 'DROP COLUMN' else 'constraint '}{table}.{action.identifier()}"
    elif action.accept_any("ALTER COLUMN", "ALTER") and (column := action.identifier()):
        yield from [f"{table}.{column}"] if action.accept("DROP", "EXPRESSION") else []
