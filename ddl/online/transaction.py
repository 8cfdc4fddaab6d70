"""The transaction that Alembic keeps for a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def roll_back(context: MigrationContext) -> None:
    """Roll a revision's transaction back, if there is one; the context is then without."""
    transaction = context._transaction  # noqa: SLF001  # no public name
    context._transaction = None  # noqa: SLF001
    if transaction is not None:
        transaction.rollback()
