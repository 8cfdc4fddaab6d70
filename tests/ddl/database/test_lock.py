"""One run at a time on a database."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ddl.database.connect import connect
from ddl.database.lock import held
from ddl.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from tests.tree import Tree


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


def test_patience_may_have_an_end(empty: URL) -> None:
    with (
        connect(empty, source="the tests") as first,
        held(first),
        connect(empty, source="the tests") as second,
        pytest.raises(UserError, match=r"^Another run is still at work .*: alembic on this"),
        held(second, limit=0.01),
    ):
        pass


def test_two_upgrades_at_once_are_one(project: Tree) -> None:
    ends = []

    def upgrade() -> None:
        ends.append(project.alembic("upgrade", "head"))

    both = [threading.Thread(target=upgrade) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(100)
    assert [end.code for end in ends] == [0, 0]
    assert sum("Running upgrade  ->" in end.err for end in ends) == 1
