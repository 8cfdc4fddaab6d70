"""Scratch databases: dropped by their maker, swept after it, nobody else's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import ScratchServer, scratch_server
from alembic_pg.errors import UserError
from sqlalchemy import text
from tests.interrupts import until, waits

if TYPE_CHECKING:
    from pathlib import Path

LEAVER = """
import sys
from pathlib import Path
from alembic_pg.database.scratch import scratch_server

with scratch_server(Path(sys.argv[1])) as databases:
    print(databases.create(), flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def shared_server(databases: ScratchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every tree of these tests use one server."""
    url = databases.url.render_as_string(hide_password=False)
    monkeypatch.setenv("SHADOW_DATABASE_URL", url)


def names(databases: ScratchServer) -> set[str]:
    return set(databases.connection.scalars(text("SELECT datname FROM pg_database")))


def test_what_is_not_dropped_goes_at_the_end(databases: ScratchServer, tmp_path: Path) -> None:
    with scratch_server(tmp_path) as mine:
        made = mine.create()
        assert made in names(databases)
    assert made not in names(databases)


def test_what_is_left_goes_while_the_maker_goes_on(
    databases: ScratchServer, tmp_path: Path
) -> None:
    with scratch_server(tmp_path) as mine:
        made = mine.create()
        mine.drop_in_background(made)
        mine.dropper.submit(int).result()  # comes after the drop
        assert made not in names(databases)
        assert mine.dropped == [made]  # its lock is given back with the next
        mine.create()
        assert mine.dropped == []


def test_an_error_leaves_nothing(databases: ScratchServer, tmp_path: Path) -> None:
    made: list[str] = []

    def interrupted() -> None:
        with scratch_server(tmp_path) as mine:
            made.append(mine.create())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert made
    assert not names(databases).intersection(made)


def test_a_killed_makers_database_is_swept_by_the_next(
    databases: ScratchServer, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LEAVER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as leaver:
        assert leaver.stdout is not None
        left = leaver.stdout.readline().strip()
        with scratch_server(tmp_path):
            assert left in names(databases)  # its maker lives
        leaver.send_signal(signal.SIGKILL)
    for _ in range(100):  # the server notices a moment later
        with scratch_server(tmp_path):
            if left not in names(databases):
                return
    pytest.fail("the database stays")


def test_another_trees_database_is_left_alone(databases: ScratchServer, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with scratch_server(tmp_path) as mine:
        made = mine.create()
        mine.connection.execute(text("SELECT pg_advisory_unlock_all()"))
        with scratch_server(other) as theirs:
            assert theirs.prefix != mine.prefix
        assert made in names(databases)


def test_a_template_is_kept_and_copied(tmp_path: Path) -> None:
    with scratch_server(tmp_path) as mine:
        made = mine.create()
        with connect(mine.database_url(made), source="the tests", autocommit=True) as connection:
            connection.execute(text("CREATE TABLE t ()"))
        template = f"{mine.prefix}_history_x"
        mine.keep_as_template(made, template)
    with scratch_server(tmp_path) as mine:
        assert mine.templates() == [template]
        copy = mine.create(template)
        with connect(mine.database_url(copy), source="the tests") as connection:
            assert connection.scalar(text("SELECT count(*) FROM t")) == 0
        mine.drop_template(template)
        assert mine.templates() == []


def test_the_second_of_two_equal_templates_is_dropped(
    databases: ScratchServer, tmp_path: Path
) -> None:
    with scratch_server(tmp_path) as mine:
        template = f"{mine.prefix}_history_x"
        first, second = mine.create(), mine.create()
        mine.keep_as_template(first, template)
        mine.keep_as_template(second, template)
        assert mine.templates() == [template]
        assert second not in names(databases)
        mine.drop_template(template)


def test_two_equal_templates_at_the_same_time(databases: ScratchServer, tmp_path: Path) -> None:
    with scratch_server(tmp_path) as mine, connect(mine.url, source="the tests") as other:
        template = f"{mine.prefix}_history_x"
        first, second = mine.create(), mine.create()
        other.execute(text(f'ALTER DATABASE "{first}" RENAME TO "{template}"'))
        keeping = threading.Thread(target=mine.keep_as_template, args=(second, template))
        keeping.start()
        until(waits(mine.url, "transactionid", "ALTER DATABASE"))
        other.commit()
        keeping.join()
        assert mine.templates() == [template]
        assert second not in names(databases)
        mine.drop_template(template)


def test_a_role_without_createdb_is_told(databases: ScratchServer, tmp_path: Path) -> None:
    role = f"plain_{os.getpid()}"
    databases.connection.execute(text(f"CREATE ROLE {role} LOGIN"))
    url = databases.url.set(username=role).render_as_string(hide_password=False)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SHADOW_DATABASE_URL", url)
            with pytest.raises(UserError, match="CREATEDB"), scratch_server(tmp_path) as mine:
                mine.create()
    finally:
        databases.connection.execute(text(f"DROP ROLE {role}"))
