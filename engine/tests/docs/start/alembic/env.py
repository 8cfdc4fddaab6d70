"""Alembic's environment."""

from alembic_pg import environment

environment.run(metadata="shop.models")
