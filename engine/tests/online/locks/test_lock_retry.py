"""What is said of whoever holds a lock."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from alembic_pg.online.locks import lock_retry
from alembic_pg.testing import state
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from tests.online.site import Site


def test_who_ended_meanwhile_has_no_process() -> None:
    row: Any = SimpleNamespace(gid=None, pid=None, relation="t")
    assert lock_retry.describe_lock_use(row) == "a session that has just ended uses t"


def test_a_prepared_transaction_is_named() -> None:
    row: Any = SimpleNamespace(gid="it's orphaned", seconds=7, relation="t")
    said = "the prepared transaction 'it''s orphaned' (for 7 s) uses t"
    assert lock_retry.describe_lock_use(row) == said


def test_a_time_limit_is_no_answer(site: Site) -> None:
    """Of a statement that it ended on an empty copy, a refusal said that it reads all rows."""
    with pytest.raises(DBAPIError) as found:
        state.execute(site.url, "SET statement_timeout = 1", "SELECT pg_sleep(1)")
    with pytest.raises(DBAPIError):
        lock_retry.reraise_if_no_answer(found.value)
    with pytest.raises(DBAPIError) as found:
        state.execute(site.url, "SELECT 1 / 0")
    lock_retry.reraise_if_no_answer(found.value)
