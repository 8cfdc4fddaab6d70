"""The keeper runs the server while somebody uses it, and takes over what a killed one left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from alembic_pg.embedded import keeper, server, server_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.embedded.tools import Tools
    from tests.embedded.user import User

ROWS = "SELECT count(*) FROM kept"


@pytest.fixture
def kept(folder: Path, tools: type[Tools]) -> server.Server:
    """Return a running durable server, used by this process, with a row in it."""
    running = server.start(folder, durable=True)
    tools.sql(running.socket_directory, "DROP TABLE IF EXISTS kept")
    tools.sql(running.socket_directory, "CREATE TABLE kept AS SELECT 1")
    return running


def test_it_loads_the_standard_library_only() -> None:
    script = (
        f"import runpy, sys; runpy.run_path({keeper.__file__!r}, run_name='x');"
        "print(*{name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
    )
    environment = {"PYTHONPATH": str(Path(keeper.__file__).parents[2])}
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(loaded.stdout.split()) <= {"alembic_pg", "__main__"}


def test_the_server_stops_when_the_last_of_its_users_leaves(
    folder: Path, use: Callable[..., User], tools: type[Tools]
) -> None:
    first, second = use(folder), use(folder)
    sockets = first.start()
    assert second.start() == sockets
    postmaster = tools.postmaster(folder)
    keeps = tools.keeper(folder)
    assert postmaster.parent() == keeps
    first.leave()
    assert tools.sql(sockets, "SELECT 1") == [(1,)]
    second.leave()
    tools.ended(folder, sockets)
    assert not tools.segments(postmaster.pid)
    assert "database system is shut down" in (folder / server_files.LOG).read_text()


def test_killed_users_count_as_gone(
    folder: Path, use: Callable[..., User], tools: type[Tools]
) -> None:
    first, second = use(folder), use(folder)
    sockets = first.start()
    second.start()
    first.kill()
    assert tools.sql(sockets, "SELECT 1") == [(1,)]
    second.kill()
    tools.ended(folder, sockets)


def test_a_server_whose_keeper_was_killed_is_adopted_at_the_next_start(
    kept: server.Server, tools: type[Tools]
) -> None:
    postmaster, killed = tools.postmaster(kept.folder), tools.keeper(kept.folder)
    tools.kill_keeper(kept.folder)
    assert tools.sql(kept.socket_directory, ROWS) == [(1,)]
    assert server.start(kept.folder, durable=True) == kept
    assert tools.postmaster(kept.folder) == postmaster
    assert tools.keeper(kept.folder) != killed
    kept.release()
    tools.ended(kept.folder, kept.socket_directory)


def test_a_server_whose_keeper_was_killed_is_stopped_when_its_users_leave(
    folder: Path, use: Callable[..., User], tools: type[Tools]
) -> None:
    user = use(folder)
    sockets = user.start()
    tools.kill_keeper(folder)
    user.leave()
    tools.ended(folder, sockets)


def test_a_server_that_lost_keeper_and_users_is_adopted(
    folder: Path, use: Callable[..., User], tools: type[Tools]
) -> None:
    user = use(folder)
    sockets = user.start()
    postmaster = tools.postmaster(folder)
    tools.kill_keeper(folder)
    user.kill()
    assert tools.sql(sockets, "SELECT 1") == [(1,)]
    running = server.start(folder, durable=True)
    assert running.socket_directory == sockets
    assert tools.postmaster(folder) == postmaster
    running.release()
    tools.ended(folder, sockets)


def test_a_killed_server_comes_back_on_its_socket_with_its_rows(
    kept: server.Server, tools: type[Tools]
) -> None:
    for _ in range(2):
        killed = tools.postmaster(kept.folder)
        killed.kill()
        assert server.start(kept.folder, durable=True) == kept
        assert tools.sql(kept.socket_directory, ROWS) == [(1,)]
        assert tools.postmaster(kept.folder) != killed
    kept.release()
    tools.ended(kept.folder, kept.socket_directory)
    assert not tools.segments(killed.pid)


def test_a_killed_server_and_keeper_leave_nothing_that_hinders_the_next(
    kept: server.Server, tools: type[Tools]
) -> None:
    # A backend that is busy, and a pid that is another's by now.
    script = "import psycopg2, sys; psycopg2.connect(sys.argv[1]).cursor().execute(sys.argv[2])"
    busy = "DO $$ BEGIN FOR i IN 1..1000000000 LOOP NULL; END LOOP; END $$"
    where = f"host={kept.socket_directory} port=5432 user=postgres dbname=postgres"
    postmaster = tools.postmaster(kept.folder)
    with subprocess.Popen(
        [sys.executable, "-c", script, where, busy], stderr=subprocess.DEVNULL
    ) as client:
        active = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'"
        tools.until(lambda: tools.sql(kept.socket_directory, active))
        [(pid,)] = tools.sql(kept.socket_directory, active)
        orphan = psutil.Process(int(str(pid)))
        orphan.suspend()  # it cannot notice by itself what happens now
        tools.kill_keeper(kept.folder)
        postmaster.kill()
        postmaster.wait()
        pidfile = kept.folder / server_files.DATA / "postmaster.pid"
        rest = pidfile.read_text().split("\n", 1)[1]
        pidfile.write_text(f"{os.getpid()}\n{rest}")
        assert server_files.server_processes(kept.socket_directory) == [orphan.pid]
        orphan.resume()
        assert server.start(kept.folder, durable=True) == kept
        client.wait()
    assert tools.sql(kept.socket_directory, ROWS) == [(1,)]
    kept.release()
    tools.ended(kept.folder, kept.socket_directory)
    assert not tools.segments(postmaster.pid)


def test_a_server_that_recovers_from_a_killed_backend_is_waited_for(
    kept: server.Server, tools: type[Tools]
) -> None:
    backends = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
    [(pid,)] = tools.sql(kept.socket_directory, backends)
    os.kill(int(str(pid)), signal.SIGKILL)
    tools.until(lambda: not server_files.is_server_process(int(str(pid)), kept.socket_directory))
    assert server.start(kept.folder, durable=True) == kept
    assert tools.sql(kept.socket_directory, ROWS) == [(1,)]
    kept.release()


def test_a_terminated_keeper_stops_the_server(kept: server.Server, tools: type[Tools]) -> None:
    tools.keeper(kept.folder).terminate()
    tools.ended(kept.folder, kept.socket_directory)
    again = server.start(kept.folder, durable=True)
    assert tools.sql(again.socket_directory, ROWS) == [(1,)]
    again.release()


def test_a_removed_socket_costs_a_restart(kept: server.Server, tools: type[Tools]) -> None:
    subprocess.run(["rm", "-r", kept.socket_directory], check=True)
    again = server.start(kept.folder, durable=True)
    assert again.socket_directory != kept.socket_directory
    assert tools.sql(again.socket_directory, ROWS) == [(1,)]
    again.release()
    tools.ended(kept.folder, again.socket_directory)


def test_a_copy_of_a_folder_in_use_gets_a_server_of_its_own(
    kept: server.Server, tools: type[Tools]
) -> None:
    copied = kept.folder.with_name("copy")
    subprocess.run(["cp", "-a", kept.folder, copied], check=True)
    other = server.start(copied, durable=True)
    assert other.socket_directory != kept.socket_directory
    tools.sql(other.socket_directory, "INSERT INTO kept VALUES (2)")
    assert tools.sql(kept.socket_directory, ROWS) == [(1,)]
    other.release()
    tools.ended(other.folder, other.socket_directory)
    assert tools.sql(kept.socket_directory, ROWS) == [(1,)]
    kept.release()


def test_a_folder_that_is_moved_while_in_use_keeps_its_server(
    kept: server.Server, tools: type[Tools]
) -> None:
    moved = kept.folder.with_name("moved")
    kept.folder.rename(moved)
    again = server.start(moved, durable=True)
    assert again.socket_directory == kept.socket_directory
    again.release()
    server.Server(kept.folder, kept.socket_directory).release()
    tools.ended(moved, kept.socket_directory)


def test_a_folder_that_is_removed_while_in_use_is_made_again(
    kept: server.Server, tools: type[Tools]
) -> None:
    old = tools.postmaster(kept.folder)
    subprocess.run(["rm", "-r", kept.folder], check=True)
    again = server.start(kept.folder, durable=False)
    assert again.socket_directory != kept.socket_directory
    old.wait(timeout=20)  # nobody can come to it any more
    assert tools.sql(again.socket_directory, "SELECT 1") == [(1,)]
    again.release()
    tools.ended(again.folder, again.socket_directory)


def test_the_log_does_not_grow_for_ever(
    scratch: Path, tools: type[Tools], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = scratch / server_files.LOG
    log.write_bytes(b"x" * 9_000_000)
    running = server.start(scratch, durable=False)
    assert log.stat().st_size < 10_000
    assert (scratch / "log.1").stat().st_size == 9_000_000
    running.release()
    tools.ended(scratch, running.socket_directory)

    monkeypatch.setattr(keeper, "_LOG_LIMIT", 10)
    monkeypatch.chdir(scratch)
    watcher = keeper.Keeper([], None, [], -1)
    with subprocess.Popen(["sleep", "0.1"]) as watcher.child:
        watcher.pid = watcher.child.pid
        watcher._wait_for_end()  # noqa: SLF001 - it looks once a minute
    assert log.stat().st_size == 0


def test_the_note_names_the_keeper(kept: server.Server) -> None:
    note = json.loads((kept.folder / server_files.NOTE).read_text())
    assert Path(f"/proc/{note['keeper']}/cmdline").read_bytes().count(b"keeper.py") == 1
    kept.release()
