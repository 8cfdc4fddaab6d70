"""A new value of an enum: committed before anything uses it (ALTER TYPE, Notes)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import AddEnumValue


def add_value(runner: Runner, shape: AddEnumValue, key: str) -> None:
    """Add the value."""
    runner.settle()
    with runner.outside(key):
        runner.attempt(partial(runner.execute, shape.sql), shape.sql, done=key)
