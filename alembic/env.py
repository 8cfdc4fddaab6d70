"""Alembic's environment: which models, which options. How it runs is the engine's, alembic_pg."""

from __future__ import annotations

from alembic_pg import environment

environment.run(metadata="models")
