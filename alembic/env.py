"""Alembic's environment: which models, which options. How it runs is in ddl/."""

from __future__ import annotations

from ddl import environment

environment.run(models="models")
