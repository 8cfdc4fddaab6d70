"""What is told of a statement that takes its time."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.online.locks import progress_monitor
from sqlalchemy import text

if TYPE_CHECKING:
    from tests.online.site import Site

# They watch the clock, which a busy machine does not keep.
pytestmark = pytest.mark.online

TABLE = ("CREATE TABLE t (a int, b text)", "INSERT INTO t VALUES (1, 'secret')")


def test_for_whom_it_waits(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_monitor, "_SILENT_SECONDS", 0.1)
    monkeypatch.setattr(progress_monitor, "_POLL_SECONDS", 0.05)
    site.sql(*TABLE)
    site.revise('op.create_index("t_b_idx", "t", ["b"])')
    url = site.url.update_query_dict({"application_name": "reports"})
    with make_engine(url).connect() as somebody:
        somebody.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        somebody.execute(text("SELECT * FROM t WHERE b = 'secret'"))
        timer = threading.Timer(0.7, somebody.rollback)
        timer.start()
        site.upgrade()
        timer.join()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(
        "CREATE INDEX CONCURRENTLY t_b_idx ON public.t (b) waits for the transaction of process "
    )
    assert re.search(r"\(reports, idle in transaction for \d s: SELECT \* .* = '…'\)", lines[0])
    assert lines[0].endswith("; it blocks nobody …")


def test_how_far_it_is(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_monitor, "_SILENT_SECONDS", 0.0)
    monkeypatch.setattr(progress_monitor, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr("alembic_pg.console.progress._SILENT", 0.0)
    site.sql(
        TABLE[0],
        "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_sleep(0.0004); RETURN $1; END'",
        "INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, 1000) AS n",
    )
    site.revise('op.create_index("t_idx", "t", [sa.text("slow(a)")])')
    site.upgrade()
    lines = capsys.readouterr().err.splitlines()
    assert lines
    assert all(
        line.startswith("CREATE INDEX CONCURRENTLY t_idx ON public.t (slow(a)): ") for line in lines
    )
