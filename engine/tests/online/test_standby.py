"""A server whose only synchronous standby is away, so that nobody's COMMIT ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.embedded import server
from sqlalchemy import text
from tests.online.operations import OPERATIONS, lines
from tests.online.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

# Operations whose steps commit in each of the ways there are.
NAMES = ("CHECK", "create index", "unique", "type with an index", "anything else")

# Those that every run of the tests has.
SAMPLE = {"CHECK"}

# What a revision may ask for by itself, and what then waits.
WAITS = """SELECT count(*) FROM pg_stat_activity
WHERE wait_event = 'SyncRep' AND datname = current_database()"""


@pytest.fixture
def alone(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A database of a server that nobody else uses, whose standby is not there."""
    tmp_path.chmod(0o755)
    running = server.start(tmp_path / "server", durable=True)
    url = running.url("postgres")
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    own = Site(url, site.versions, site.made)
    own.clean()
    yield own
    let_standby_go(own, away=False)
    running.release()


def let_standby_go(site: Site, *, away: bool) -> None:
    """Let the server wait for a standby that is not there, or for none."""
    name = "'gone'" if away else "''"
    with make_engine(site.url).connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text(f"ALTER SYSTEM SET synchronous_standby_names = {name}"))
        connection.execute(text("SELECT pg_reload_conf()"))
    deadline = time.monotonic() + 30
    while site.one("SHOW synchronous_standby_names") != ("gone" if away else ""):
        assert time.monotonic() < deadline


def started(site: Site) -> subprocess.Popen[bytes]:
    """Return an upgrade in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.online.faults", str(site.versions), "1000"],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in SAMPLE else pytest.mark.online, id=name)
        for name in NAMES
    ],
)
def test_a_run_commits_locally(alone: Site, name: str) -> None:
    alone.sql(*OPERATIONS[name].tables)
    alone.revise(*lines(name, "ops"))
    let_standby_go(alone, away=True)
    running = started(alone)
    try:
        assert running.wait(100) == 0
    finally:
        running.kill()
    assert alone.version == ["002a"]


def test_what_waits_for_it_ends_by_a_signal(alone: Site) -> None:
    alone.revise(
        "with op.get_context().autocommit_block():",
        '    op.execute("SET synchronous_commit = on")',
        '    op.execute("CREATE TABLE made (a int)")',
    )
    let_standby_go(alone, away=True)
    running = started(alone)
    try:
        deadline = time.monotonic() + 100
        while not alone.one(WAITS):
            assert time.monotonic() < deadline
            assert running.poll() is None
        os.kill(running.pid, signal.SIGTERM)
        assert running.wait(30)
    finally:
        running.kill()
