"""A database at head whose rows go after each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import Connection, Engine


@pytest.fixture(scope="session")
def shared(databases: ScratchServer, head: str) -> Iterator[Engine]:
    """One database at head for all tests that commit nothing."""
    name = databases.create(head)
    made = make_engine(databases.database_url(name))
    yield made
    made.dispose()
    databases.drop(name)


@pytest.fixture
def connection(shared: Engine) -> Iterator[Connection]:
    """A connection in a transaction that is rolled back after the test."""
    with shared.connect() as made, made.begin() as transaction:
        yield made
        transaction.rollback()
