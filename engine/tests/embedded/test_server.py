"""One server for all processes of a folder, wherever it is and whoever uses it."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from alembic_pg.embedded import programs, server, server_files
from alembic_pg.errors import UserError
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.embedded.ordinary import Ordinary
    from tests.embedded.tools import Tools
    from tests.embedded.user import User

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
    assert (folder / server_files.LOG).read_text().count("starting PostgreSQL") == 1
    users[0].send("ask")
    assert users[0].answer().startswith("PostgreSQL 18.")
    sockets = server_files.read_note(folder)
    assert sockets
    for user in users:
        user.kill()
    tools.ended(folder, sockets)


def test_a_server_that_runs_is_found_without_starting_a_process(
    scratch: Path, tools: type[Tools], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = server.start(scratch, durable=False)
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", None)
        assert server.start(scratch, durable=False) == running
    running.release()
    tools.ended(scratch, running.socket_directory)


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
    assert tools.keeper(folder).uids().real == uid
    assert tools.postmaster(folder).uids().real == uid
    assert {path.stat().st_uid for path in (folder, *folder.iterdir())} == {uid}
    assert modes(tree) == before
    tools.kill_keeper(folder)
    assert user.start() == sockets
    user.leave()
    tools.ended(folder, sockets)


def test_the_caller_of_sudo_gets_the_server(
    open_folder: Path, use: Callable[..., User], tools: type[Tools]
) -> None:
    nobody = pwd.getpwnam("nobody")
    folder = open_folder / "scratch"
    user = use(folder, "scratch", environment={"SUDO_UID": str(nobody.pw_uid)})
    sockets = user.start()
    uid = nobody.pw_uid if os.geteuid() == 0 else os.geteuid()
    assert tools.postmaster(folder).uids().real == uid
    assert (folder / server_files.DATA).stat().st_uid == uid
    assert sockets.stat().st_uid == uid
    user.leave()


def test_without_the_wheel_it_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert programs.can_run_server()
    monkeypatch.setattr(programs, "PACKAGE", "no_such_package")
    assert not programs.can_run_server()
    with pytest.raises(UserError, match="not installed: set DATABASE_URL"):
        server.start(tmp_path / "target", durable=True)
    assert not list(tmp_path.iterdir())


def test_a_folder_of_another_major_version_is_named(folder: Path, use: Callable[..., User]) -> None:
    (folder / server_files.DATA / "PG_VERSION").write_text("17\n")
    assert use(folder).fail() == (
        f"FAILED: {folder} holds PostgreSQL 17 data, the embedded server is PostgreSQL 18: "
        "move that folder away, or set DATABASE_URL.\n"
    )


def test_a_folder_that_may_not_be_written_is_named(
    open_folder: Path, ordinary: Ordinary, use: Callable[..., User]
) -> None:
    ordinary.owned(open_folder).chmod(0o555)
    folder = open_folder / ".postgres" / "target"
    assert use(folder, account=ordinary).fail() == (
        f"FAILED: The embedded server cannot use {folder} (Permission denied): "
        "mend that, or set DATABASE_URL.\n"
    )


@contextmanager
def narrow(place: Path, megabytes: int, limit: int) -> Iterator[tuple[str, ...]]:
    """Make a folder of little space; yield the prefix of a command that shall have none left.

    It is a tiny file system where one may be mounted. Else a limit to the size of a file must
    do (in bytes), which fails at the same places with another errno.
    """
    place.mkdir()
    options = f"size={megabytes}m,mode=755"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "test", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        yield ("prlimit", f"--fsize={limit}")
        return
    try:
        yield ()
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def fill(place: Path) -> None:
    with suppress(OSError), (place / "fill").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


FULL = r"\((|.*: )(No space left on device|File too large)\)"


def test_a_full_disk_is_told_when_the_cluster_is_made(
    open_folder: Path, use: Callable[..., User]
) -> None:
    place = open_folder / "narrow"
    folder = place / ".postgres" / "target"
    with narrow(place, 8, 0) as prefix:
        said = use(folder, prefix=prefix).fail()
        assert re.search(rf"^FAILED: .* {folder} {FULL}: mend that, or set DATABASE_URL.$", said)
        assert not list(folder.glob("data*"))


def test_a_full_disk_is_told_when_the_server_is_started(
    open_folder: Path, folder: Path, use: Callable[..., User], tools: type[Tools]
) -> None:
    place = open_folder / "narrow"
    with narrow(place, 80, 1000) as prefix:
        subprocess.run(["cp", "-a", folder, place], check=True)
        if not prefix:
            fill(place)
        copied = place / folder.name
        said = use(copied, prefix=prefix).fail()
        end = f"see {copied / server_files.LOG}: mend that, or set DATABASE_URL."
        assert re.search(rf"^FAILED: .* {copied} does not start {FULL}, {end}$", said)
        tools.until(lambda: not tools.below(copied))
        assert {path.name for path in copied.iterdir()} >= {
            server_files.DATA,
            server_files.USERS_LOCK,
        }
        assert not list(copied.glob(f"{server_files.NOTE}*"))


def test_a_durable_server_that_does_not_start_is_told_with_its_log(
    folder: Path, use: Callable[..., User], tools: type[Tools]
) -> None:
    (folder / server_files.DATA / "global" / "pg_control").unlink()
    said = use(folder).fail()
    assert said.startswith(f"FAILED: The embedded server in {folder} does not start (")
    assert f"), see {folder / server_files.LOG}: mend that, or set DATABASE_URL.\n" in said
    assert said.count("\n") == 1
    assert "pg_control" in said
    assert not tools.below(folder)
    assert not (folder / server_files.NOTE).exists()


def test_a_torn_scratch_cluster_is_made_anew(scratch: Path, tools: type[Tools]) -> None:
    (scratch / server_files.DATA / "global" / "pg_control").write_bytes(b"\0" * 8192)
    running = server.start(scratch, durable=False)
    assert tools.sql(running.socket_directory, "SELECT 1") == [(1,)]
    running.release()
    tools.ended(scratch, running.socket_directory)
