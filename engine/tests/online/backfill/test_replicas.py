"""A fill waits while a real standby does not follow, and goes on when it does."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from alembic_pg.embedded import server
from alembic_pg.online.backfill import replicas
from tests.online.site import Site
from tests.standby import ask, standby_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from alembic_pg.embedded.server import Server

LAG = "SELECT coalesce(max(extract(epoch FROM replay_lag)), 0) FROM pg_stat_replication"
FILLED = "SELECT count(*) FROM t WHERE b IS NOT NULL"
SECONDS = 30


def test_a_fill_waits_for_a_standby(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setattr(replicas, "CHECK_SECONDS", 0.01)
    primary = server.start(tmp_path / "primary", durable=True)
    url = primary.url("postgres")
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    own = Site(url, site.versions, site.made)
    own.sql(
        "CREATE TABLE t (a int, b int)",
        "INSERT INTO t SELECT n FROM generate_series(1, 200000) AS n",
    )
    own.revise('op.execute("UPDATE t SET b = a WHERE b IS NULL")')
    with standby_of(primary, tmp_path / "primary") as standby:
        fall_behind(own, standby)
        filled: list[int] = []

        def let_it_follow() -> None:
            deadline = time.monotonic() + SECONDS
            while time.monotonic() < deadline and filled[-2:] != filled[-1:] * 2:
                time.sleep(1.0)
                filled.append(own.one(FILLED) or -len(filled))
            ask(standby, "SELECT pg_wal_replay_resume()::text")

        filled.append(0)
        following = threading.Thread(target=let_it_follow)
        following.start()
        own.upgrade(batch="20ms", replication_lag="300ms")
        following.join()
    assert 0 < filled[-1] == filled[-2] < 200_000, "the same a second later, and not all of them"
    assert own.one(FILLED) == 200_000
    primary.release()


def fall_behind(own: Site, standby: Server) -> None:
    """Let a standby follow no more, and wait until the server knows how far it is behind."""
    own.sql("CREATE TABLE written (a int)")
    ask(standby, "SELECT pg_wal_replay_pause()::text")
    deadline = time.monotonic() + SECONDS
    while own.one(LAG) < 1:
        assert time.monotonic() < deadline
        own.sql("INSERT INTO written VALUES (1)")
        time.sleep(0.1)
