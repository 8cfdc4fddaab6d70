"""Run alembic-pg as ``python -m alembic_pg``."""

from __future__ import annotations

from alembic_pg.cli import main

main()
