"""Databases and working trees for the tests: the engine's fixtures."""

from __future__ import annotations

pytest_plugins = ["alembic_pg.testing.fixtures"]
