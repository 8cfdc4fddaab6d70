"""What is said of whoever holds a lock."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from alembic_pg.online.locks import lock_retry


def test_who_ended_meanwhile_has_no_process() -> None:
    row: Any = SimpleNamespace(gid=None, pid=None, relation="t")
    assert lock_retry.describe_lock_use(row) == "a session that has just ended uses t"


def test_a_prepared_transaction_is_named() -> None:
    row: Any = SimpleNamespace(gid="it's orphaned", seconds=7, relation="t")
    said = "the prepared transaction 'it''s orphaned' (for 7 s) uses t"
    assert lock_retry.describe_lock_use(row) == said
