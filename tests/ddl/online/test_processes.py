"""Runs as processes: killed at any moment, and many at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ddl.database.connect import engine as connectable
from tests import state

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from tests.tree import Tree

REVISION = '''
"""do much"""
import sqlalchemy as sa
from alembic import op
revision = "1a"
down_revision = "0a"
def upgrade():
    op.execute("UPDATE t SET b = a % 7 WHERE b IS NULL")
    op.execute("INSERT INTO t (a, b) VALUES (-1, -1)")
    op.create_index("t_b_idx", "t", ["b"])
    op.create_check_constraint("t_check", "t", "a > -5")
    op.alter_column("t", "a", existing_type=sa.Integer, type_=sa.BigInteger)
'''

FIRST = '''
"""do nothing"""
revision = "0a"
down_revision = None
def upgrade(): pass
'''

TABLE = (
    "CREATE TABLE alembic_version (version_num text PRIMARY KEY)",
    "CREATE TABLE t (a int, b int)",
    "INSERT INTO t SELECT n FROM generate_series(1, 300000) AS n",
)


@pytest.fixture
def busy(tree: Tree, empty: URL, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A tree of one revision, and a database with a table of some size."""
    for file in tree.versions.glob("*.py"):
        file.unlink()
    # A database at no revision would be compared with the history first.
    (tree.versions / "0a.py").write_text(FIRST)
    (tree.versions / "1a.py").write_text(REVISION)
    state.execute(empty, *TABLE, "INSERT INTO alembic_version VALUES ('0a')")
    monkeypatch.setenv("ALEMBIC_BATCH", "5ms")
    return tree


@pytest.mark.online
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_killed_again_and_again(busy: Tree, empty: URL, number: signal.Signals) -> None:
    """Each run lives a little longer than the one before."""
    for tries in range(100):
        process = subprocess.Popen(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=busy.root,
            env=busy.variables(),
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(0.7 + tries / 10)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            process.wait()
        if process.returncode == 0:
            break
    expect_all(empty)


def test_eight_at_once(busy: Tree, empty: URL) -> None:
    ends = []
    threads = [
        threading.Thread(target=lambda: ends.append(busy.alembic("upgrade", "head")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert [end.code for end in ends] == [0] * 8
    assert sum("Running upgrade" in end.err for end in ends) == 1
    expect_all(empty)


def expect_all(empty: URL) -> None:
    """Expect the revision to have happened, once."""
    assert state.versions(empty) == ["1a"]
    with connectable(empty).connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*), count(DISTINCT a), count(b), pg_typeof(min(a))::text FROM t"
        ).one()
        left = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"
        ).scalar()
        valid = connection.exec_driver_sql(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_b_idx'::regclass"
        ).scalar()
    assert tuple(found) == (300_001, 300_001, 300_001, "bigint")
    assert (left, valid) == (0, True)
