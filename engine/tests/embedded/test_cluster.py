"""The cluster is made whole, checked, and remade when it may be."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest
from alembic_pg.embedded import binaries, cluster, server_files
from alembic_pg.embedded.account import choose_account
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from alembic_pg.embedded.binaries import Binaries
    from tests.embedded.tools import Tools
    from tests.embedded.user import User


@pytest.fixture
def runnable(tmp_path: Path) -> Binaries:
    return binaries.runnable_binaries(choose_account(tmp_path / "none"))


def make(folder: Path, runnable: Binaries, *, durable: bool) -> None:
    cluster.ensure_cluster(
        folder, runnable, choose_account(folder / server_files.DATA), durable=durable
    )


def test_a_whole_cluster_stays_and_what_a_killed_initdb_left_goes(
    folder: Path, runnable: Binaries
) -> None:
    before = sorted((folder / server_files.DATA).iterdir())
    (folder / "data.half").mkdir()
    (folder / "data.half" / "PG_VERSION").write_text("18\n")
    make(folder, runnable, durable=True)
    assert sorted((folder / server_files.DATA).iterdir()) == before
    assert not (folder / "data.half").exists()


@pytest.mark.parametrize("version", ["17\n", None])
def test_a_durable_cluster_of_another_version_is_left_and_named(
    folder: Path, runnable: Binaries, version: str | None
) -> None:
    mark = folder / server_files.DATA / "PG_VERSION"
    mark.unlink()
    (
        folder / server_files.DATA / "global" / "pg_control"
    ).unlink()  # nor is it whole after the test
    if version:
        mark.write_text(version)
    before = sorted((folder / server_files.DATA).iterdir())
    with pytest.raises(UserError) as raised:
        make(folder, runnable, durable=True)
    assert str(raised.value) == (
        f"{folder} holds {'PostgreSQL 17 data' if version else 'no whole cluster'}, "
        "the embedded server is PostgreSQL 18: move that folder away, or set DATABASE_URL."
    )
    assert sorted((folder / server_files.DATA).iterdir()) == before


@pytest.mark.parametrize(
    ("file", "text"),
    [("data/PG_VERSION", "17\n"), ("data/PG_VERSION", ""), ("boot", "another"), ("boot", None)],
)
def test_a_scratch_cluster_of_another_version_or_run_of_the_machine_is_remade(
    scratch: Path, runnable: Binaries, file: str, text: str | None
) -> None:
    old = scratch / server_files.DATA / "old"
    old.touch()
    make(scratch, runnable, durable=False)
    assert old.exists()
    (scratch / file).unlink()
    if text is not None:
        (scratch / file).write_text(text)
    make(scratch, runnable, durable=False)
    assert not old.exists()
    assert (scratch / server_files.DATA / "PG_VERSION").read_text() == "18\n"
    old.touch()
    make(scratch, runnable, durable=False)
    assert old.exists()
    old.unlink()
    assert not list(scratch.glob("data.*"))


def test_a_failing_initdb_is_told_in_one_line_and_leaves_nothing(
    tmp_path: Path, open_folder: Path, runnable: Binaries
) -> None:
    broken = open_folder / "initdb"
    broken.write_text("#!/bin/sh\necho creating; echo 'initdb: error: no luck'; echo bye; exit 1\n")
    broken.chmod(0o755)
    with pytest.raises(UserError) as raised:
        make(tmp_path, replace(runnable, folder=open_folder), durable=False)
    assert str(raised.value) == (
        f"No database cluster could be made in {tmp_path} (no luck): "
        "mend that, or set SHADOW_DATABASE_URL."
    )
    assert not list(tmp_path.glob("data*"))


@pytest.fixture
def making(
    use: Callable[..., User], tools: type[Tools]
) -> Callable[[Path], tuple[User, psutil.Process]]:
    """Return a function that starts a user of a folder, whose initdb is at work."""

    def begin(folder: Path) -> tuple[User, psutil.Process]:
        user = use(folder, "scratch")
        user.send("start")
        tools.until(lambda: list(folder.glob("data.*/global")))
        [initdb] = psutil.Process(user.process.pid).children()
        return user, initdb

    return begin


def test_an_interrupted_start_lets_initdb_end_and_leaves_nothing(
    open_folder: Path, making: Callable[[Path], tuple[User, psutil.Process]]
) -> None:
    folder = open_folder / "scratch"
    user, initdb = making(folder)
    assert initdb.name() == "initdb"
    assert os.getsid(initdb.pid) == initdb.pid  # a terminal's Ctrl-C does not reach it
    user.process.send_signal(signal.SIGINT)
    _, said = user.process.communicate()
    assert user.process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in said
    assert not initdb.is_running()
    assert not list(folder.glob("data*"))


def test_the_initdb_of_a_killed_start_ends_by_itself_and_its_cluster_is_removed_later(
    open_folder: Path,
    making: Callable[[Path], tuple[User, psutil.Process]],
    runnable: Binaries,
) -> None:
    folder = open_folder / "scratch"
    user, initdb = making(folder)
    user.kill()
    make(folder, runnable, durable=False)
    initdb.wait()
    [killed] = folder.glob("data.*")
    assert (killed / "PG_VERSION").exists()  # nothing was taken from under it
    make(folder, runnable, durable=False)
    assert [path.name for path in folder.glob("data*")] == ["data"]


def test_the_cluster_belongs_to_the_account_and_its_folder_to_the_caller(folder: Path) -> None:
    account = choose_account(folder / server_files.DATA)
    status = (folder / server_files.DATA).stat()
    assert status.st_uid == (account.uid if account else os.geteuid())
    assert status.st_mode & 0o777 == 0o700
    assert folder.stat().st_uid == os.geteuid()
