"""One server for all processes of a folder, wherever it is and whoever uses it."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from ddl.embedded import programs, server, traces
from ddl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Ordinary, Tools, User

LONG = f"sp ace ümläut {'x' * 150}"


def modes(folder: Path) -> list[tuple[int, int]]:
    return [(place.stat().st_mode, place.stat().st_uid) for place in (folder, *folder.parents)]


def test_it_makes_what_is_missing_and_changes_no_folder_above(
    open_folder: Path, tools: type[Tools]
) -> None:
    tree = open_folder / LONG
    tree.mkdir(mode=0o700)
    before = modes(tree)
    running = server.start(tree / ".postgres" / "scratch", durable=False)
    assert running.folder == tree / ".postgres" / "scratch"
    assert (tree / ".postgres" / ".gitignore").read_text() == "*\n"
    assert modes(tree) == before
    assert before[0][0] & 0o777 == 0o700
    engine = create_engine(running.url("postgres"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_user")).scalar_one() == "postgres"
    engine.dispose()
    running.release()
    tools.ended(running.folder, running.socket_directory)
    assert modes(tree) == before


def test_eight_at_once_on_an_empty_folder_share_one_server(
    open_folder: Path, use: Callable[..., User], tools: type[Tools]
) -> None:
    folder = open_folder / ".postgres" / "scratch"
    users = [use(folder, "scratch") for _ in range(8)]
    for user in users:
        user.send("start")
    assert len({user.answer() for user in users}) == 1
    assert (folder / traces.LOG).read_text().count("starting PostgreSQL") == 1
    users[0].send("ask")
    assert users[0].answer().startswith("PostgreSQL 18.")
    sockets = traces.read_note(folder)
    assert sockets
    for user in users:
        user.kill()
    tools.ended(folder, sockets)


def test_it_is_quick_when_there_is_a_cluster(scratch: Path) -> None:
    """The limits are ten times what it takes on an idle machine."""
    begin = time.monotonic()
    running = server.start(scratch, durable=False)
    assert time.monotonic() - begin < 1
    begin = time.monotonic()
    assert server.start(scratch, durable=False) == running
    assert time.monotonic() - begin < 0.05
    running.release()


def test_a_lease_is_given_back_once_and_taken_again(scratch: Path, tools: type[Tools]) -> None:
    running = server.start(scratch, durable=False)
    running.release()
    running.release()
    again = server.start(scratch, durable=False)  # perhaps while the other is being stopped
    assert tools.sql(again.socket_directory, "SELECT 1") == [(1,)]
    again.release()
    tools.ended(scratch, again.socket_directory)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("durable", {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}),
        ("scratch", {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
    ],
)
def test_it_is_durable_or_quick(
    kind: str, settings: dict[str, str], request: pytest.FixtureRequest, tools: type[Tools]
) -> None:
    folder = request.getfixturevalue("folder" if kind == "durable" else "scratch")
    running = server.start(folder, durable=kind == "durable")
    settings = settings | {"port": "5432", "listen_addresses": "", "server_encoding": "UTF8"}
    for name, value in settings.items():
        assert tools.sql(running.socket_directory, f"SHOW {name}") == [(value,)]
    running.release()


def test_the_environment_of_the_caller_does_not_matter(
    scratch: Path, use: Callable[..., User]
) -> None:
    odd = {
        "PGPORT": "1",
        "PGHOST": "nowhere.invalid",
        "PGHOSTADDR": "192.0.2.1",
        "PGDATA": "/nonexistent",
        "PGDATABASE": "none",
        "PGUSER": "none",
        "PGSSLMODE": "verify-full",
        "LC_ALL": "tlh_QO",
    }
    user = use(scratch, "scratch", environment=odd)  # and no HOME, no PATH
    user.send("ask")
    assert user.answer().startswith("PostgreSQL 18.")
    user.leave()


def test_an_ordinary_user_runs_it_himself(
    open_folder: Path, ordinary: Ordinary, use: Callable[..., User], tools: type[Tools]
) -> None:
    tree = open_folder / LONG
    tree.mkdir(mode=0o700)
    ordinary.owned(tree)
    before = modes(tree)
    folder = tree / ".postgres" / "scratch"
    user = use(folder, "scratch", environment={}, account=ordinary)
    sockets = user.start()
    user.send("ask")
    assert user.answer().startswith("PostgreSQL 18.")
    uid = os.geteuid() if ordinary.uid is None else ordinary.uid
    assert {process.uids().real for process in tools.processes(folder)} == {uid}
    assert {path.stat().st_uid for path in (folder, *folder.iterdir())} == {uid}
    assert modes(tree) == before
    tools.keeper(folder).kill()
    assert user.start() == sockets
    user.leave()
    tools.ended(folder, sockets)


def test_the_caller_of_sudo_gets_the_server(
    tmp_path: Path, use: Callable[..., User], tools: type[Tools]
) -> None:
    nobody = pwd.getpwnam("nobody")
    folder = tmp_path / "scratch"
    user = use(folder, "scratch", environment={"SUDO_UID": str(nobody.pw_uid)})
    sockets = user.start()
    uid = nobody.pw_uid if os.geteuid() == 0 else os.geteuid()
    assert tools.postmaster(folder).uids().real == uid
    assert (folder / traces.DATA).stat().st_uid == uid
    assert sockets.stat().st_uid == uid
    user.leave()


def test_without_the_wheel_it_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.installed()
    monkeypatch.setattr(programs, "PACKAGE", "no_such_package")
    assert not server.installed()
    with pytest.raises(UserError, match="not installed: set DATABASE_URL"):
        server.start(tmp_path / "target", durable=True)
    assert not list(tmp_path.iterdir())


def test_a_folder_of_another_major_version_is_named(folder: Path, use: Callable[..., User]) -> None:
    (folder / traces.DATA / "PG_VERSION").write_text("17\n")
    assert use(folder).fail() == (
        f"FAILED: {folder} holds PostgreSQL 17 data, the embedded server is PostgreSQL 18: "
        "move that folder away, or set DATABASE_URL.\n"
    )


def test_a_folder_that_may_not_be_written_is_named(
    open_folder: Path, ordinary: Ordinary, use: Callable[..., User]
) -> None:
    open_folder.chmod(0o555)
    folder = open_folder / ".postgres" / "target"
    assert use(folder, account=ordinary).fail() == (
        f"FAILED: The embedded server cannot use {folder} (Permission denied): "
        "mend that, or set DATABASE_URL.\n"
    )


@pytest.fixture
def narrow(open_folder: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Return a folder without space for a cluster, and the command to see it so.

    A tiny file system where one may be mounted, else a limit to the size of a file.
    """
    place = open_folder / "narrow"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "ddl-test", place]
    if subprocess.run(command, capture_output=True, check=False).returncode == 0:
        yield place, ()
        subprocess.run(["umount", "-l", place], check=True)
    else:
        yield place, ("prlimit", "--fsize=1000000")


def test_a_full_disk_is_told_when_the_cluster_is_made(
    narrow: tuple[Path, tuple[str, ...]], use: Callable[..., User]
) -> None:
    place, prefix = narrow
    folder = place / ".postgres" / "target"
    said = use(folder, prefix=prefix).fail()
    assert said.startswith(f"FAILED: No database cluster could be made in {folder} (")
    assert said.endswith("): mend that, or set DATABASE_URL.\n")
    assert said.count("\n") == 1
    if not prefix:
        assert "No space left on device" in said
    assert not list(folder.glob("data*"))


def test_a_durable_server_that_does_not_start_is_told_with_its_log(
    folder: Path, use: Callable[..., User], tools: type[Tools]
) -> None:
    (folder / traces.DATA / "global" / "pg_control").unlink()
    said = use(folder).fail()
    assert said.startswith(f"FAILED: The embedded server in {folder} does not start (")
    assert f"), see {folder / traces.LOG}: mend that, or set DATABASE_URL.\n" in said
    assert said.count("\n") == 1
    assert "pg_control" in said
    assert not tools.processes(folder)
    assert not (folder / traces.NOTE).exists()


def test_a_torn_scratch_cluster_is_made_anew(scratch: Path, tools: type[Tools]) -> None:
    (scratch / traces.DATA / "global" / "pg_control").write_bytes(b"\0" * 8192)
    running = server.start(scratch, durable=False)
    assert tools.sql(running.socket_directory, "SELECT 1") == [(1,)]
    running.release()
    tools.ended(scratch, running.socket_directory)
