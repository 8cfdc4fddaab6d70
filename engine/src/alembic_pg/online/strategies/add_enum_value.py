"""Add a value to an enum, and commit it before anything uses it (ALTER TYPE, Notes)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.strategies.strategy import METADATA_ONLY, strategy

if TYPE_CHECKING:
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import AddEnumValue


@strategy("committed at once", "", METADATA_ONLY)
def add_value(runner: Runner, statement: AddEnumValue, key: str) -> None:
    """Add the value."""
    runner.run_pending()
    with runner.outside_transaction(key):
        runner.run_short(statement.sql, done=key)
