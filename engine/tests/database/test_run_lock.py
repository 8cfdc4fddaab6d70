"""One run at a time on a database."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database import run_lock
from alembic_pg.database.connect import connect
from alembic_pg.database.run_lock import hold_run_lock
from alembic_pg.errors import UserError
from alembic_pg.testing import state
from sqlalchemy import text
from tests.interrupts import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL


@contextmanager
def two_runs(url: URL, order: list[str]) -> Iterator[tuple[int, threading.Thread]]:
    """Hold the lock in the block, for which another run waits; yield our process and that one.

    order: what the other one adds itself to when it has the lock.
    """

    def second() -> None:
        with connect(url, source="the tests") as connection, hold_run_lock(connection):
            order.append("second")

    waiting = threading.Thread(target=second)
    with connect(url, source="the tests") as connection:
        pid = int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)
        connection.rollback()
        with hold_run_lock(connection):
            waiting.start()
            yield pid, waiting
    waiting.join(10)
    assert "second" in order


def test_the_second_waits_for_the_first(empty: URL, capsys: pytest.CaptureFixture[str]) -> None:
    order: list[str] = []
    with two_runs(empty, order) as (pid, waiting):
        waiting.join(0.5)
        order.append("first")
    assert order == ["first", "second"]
    err = capsys.readouterr().err
    assert (
        f"Waiting from now on for another run on this database (process {pid}: alembic on " in err
    )


def test_how_long_it_waits_is_told_again(
    empty: URL, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "_NOTICE_INTERVAL", 1.0)
    said = ""

    def twice() -> bool:
        nonlocal said
        said += capsys.readouterr().err
        return said.count("\n") > 1

    with two_runs(empty, []) as (pid, _):
        until(twice)
    who = rf"\(process {pid}: alembic on [^,]+, connected for \d+ s\)"
    waits = rf"Waiting {{}} for another run on this database {who} …\n"
    told = waits.format("from now on") + waits.format(r"for \d+ s")
    assert re.match(told, said)


def test_patience_may_have_an_end(empty: URL) -> None:
    with (
        connect(empty, source="the tests") as first,
        hold_run_lock(first),
        connect(empty, source="the tests") as second,
        pytest.raises(
            UserError, match=r"^Another run is still at work .*: alembic on [^,]+, connected for "
        ),
        hold_run_lock(second, limit=0.01),
    ):
        pass


def test_who_is_of_another_role_shows_neither_host_nor_time(empty: URL) -> None:
    role = f"onlooker_{empty.database}"
    state.execute(empty, f"CREATE ROLE {role} LOGIN")
    try:
        with (
            connect(empty, source="the tests") as first,
            hold_run_lock(first),
            connect(empty.set(username=role), source="the tests") as other,
        ):
            pid = first.scalar(text("SELECT pg_backend_pid()"))
            first.rollback()
            who = f"alembic, of role {empty.username}"
            assert run_lock.describe_running(other) == f"process {pid} ({who})"
            other.rollback()
            with pytest.raises(UserError, match=re.escape(f"(process {pid}: {who})")):
                run_lock.refuse_beside_run(other)
    finally:
        state.execute(empty, f"DROP ROLE {role}")
