"""Name the autogenerate plugins of Alembic that make a complete comparison."""

from __future__ import annotations

# The engine's own, as its entry point is called.
NAME = "alembic_pg"

# Alembic's comparators with its opt-in one of CHECK constraints.
ALEMBIC_COMPARATORS = ("alembic.autogenerate.*", "alembic.ext.checkconstraint_byname")

# The same, but PostgreSQL itself says whether defaults differ; and after them the engine's own.
COMPARATORS = (*ALEMBIC_COMPARATORS, "~alembic.autogenerate.defaults", NAME)
