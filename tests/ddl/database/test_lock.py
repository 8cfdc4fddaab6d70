"""One run at a time on a database."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ddl.database import lock
from ddl.database.connect import connect
from ddl.database.lock import held
from ddl.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def test_the_second_waits_for_the_first(empty: URL, capsys: pytest.CaptureFixture[str]) -> None:
    order = []

    def second() -> None:
        with connect(empty, source="the tests") as connection, held(connection):
            order.append("second")

    waiting = threading.Thread(target=second)
    with connect(empty, source="the tests") as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        connection.rollback()
        with held(connection):
            waiting.start()
            waiting.join(0.5)
            order.append("first")
    waiting.join(10)
    assert order == ["first", "second"]
    err = capsys.readouterr().err
    assert (
        f"Waiting from now on for another run on this database (process {pid}: alembic on " in err
    )


def test_how_long_it_waits_is_told_again(
    empty: URL, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_TELL", 1.0)
    said = ""

    def second() -> None:
        with connect(empty, source="the tests") as connection, held(connection):
            pass

    waiting = threading.Thread(target=second)
    with connect(empty, source="the tests") as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        connection.rollback()
        with held(connection):
            waiting.start()
            while said.count("\n") < 2 and waiting.is_alive():
                said += capsys.readouterr().err
    waiting.join()
    holder = (
        rf"another run on this database \(process {pid}: alembic on [^,]+, connected for \d+ s\) …"
    )
    told = rf"Waiting from now on for {holder}\nWaiting for \d+ s for {holder}\n"
    assert re.fullmatch(told, said)


def test_patience_may_have_an_end(empty: URL) -> None:
    with (
        connect(empty, source="the tests") as first,
        held(first),
        connect(empty, source="the tests") as second,
        pytest.raises(UserError, match=r"^Another run is still at work .*: alembic on this"),
        held(second, limit=0.01),
    ):
        pass
