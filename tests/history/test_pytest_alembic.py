"""pytest-alembic's default tests, run by the real env.py on a scratch database.

Source: pytest-alembic's documentation, "Setup" (overriding its fixtures) and "Built-in Tests"
(importing them where they shall run).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic_pg.database.connect import make_engine
from pytest_alembic.tests import (
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Engine

__all__ = [
    "test_model_definitions_match_ddl",
    "test_single_head_revision",
    "test_up_down_consistency",
    "test_upgrade",
]


@pytest.fixture
def alembic_config(config: Config) -> Config:
    """The project's alembic.ini; a fresh one, since pytest-alembic writes into it."""
    return Config(config.config_file_name)


@pytest.fixture
def alembic_engine(empty: URL) -> Iterator[Engine]:
    """An empty database."""
    made = make_engine(empty)
    yield made
    made.dispose()
