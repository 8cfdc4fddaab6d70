"""Alembic's context in which operations and types are rendered, as env.py would make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext

if TYPE_CHECKING:
    from alembic.runtime.environment import RenderItemFn


def context(item: RenderItemFn | None = None) -> AutogenContext:
    """Return one without a database. item: what env.py would give as ``render_item``."""
    made = MigrationContext.configure(
        dialect_name="postgresql",
        opts={
            "alembic_module_prefix": "op.",
            "sqlalchemy_module_prefix": "sa.",
            "user_module_prefix": None,
            "render_item": item,
            "render_as_batch": False,
        },
    )
    return AutogenContext(made, autogenerate=False)
