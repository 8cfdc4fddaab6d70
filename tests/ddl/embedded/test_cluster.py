"""The cluster is made whole, checked, and remade when it may be."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ddl.embedded import binaries, cluster, traces
from ddl.embedded.account import choose
from ddl.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from ddl.embedded.binaries import Binaries


@pytest.fixture
def runnable(tmp_path: Path) -> Binaries:
    return binaries.usable(choose(tmp_path / "none"))


def make(folder: Path, runnable: Binaries, *, durable: bool) -> None:
    cluster.make(folder, runnable, choose(folder / traces.DATA), durable=durable)


def inode(folder: Path) -> int:
    return (folder / traces.DATA).stat().st_ino


def test_a_whole_cluster_stays_and_what_a_killed_initdb_left_goes(
    folder: Path, runnable: Binaries
) -> None:
    before = inode(folder)
    (folder / "data.half").mkdir()
    (folder / "data.half" / "PG_VERSION").write_text("18\n")
    make(folder, runnable, durable=True)
    assert inode(folder) == before
    assert not (folder / "data.half").exists()


@pytest.mark.parametrize("version", ["17\n", None])
def test_a_durable_cluster_of_another_version_is_left_and_named(
    folder: Path, runnable: Binaries, version: str | None
) -> None:
    mark = folder / traces.DATA / "PG_VERSION"
    mark.unlink()
    if version:
        mark.write_text(version)
    before = sorted((folder / traces.DATA).iterdir())
    with pytest.raises(UserError) as raised:
        make(folder, runnable, durable=True)
    assert str(raised.value) == (
        f"{folder} holds {'PostgreSQL 17 data' if version else 'no whole cluster'}, "
        "the embedded server is PostgreSQL 18: move that folder away, or set DATABASE_URL."
    )
    assert sorted((folder / traces.DATA).iterdir()) == before


@pytest.mark.parametrize(
    ("file", "text"),
    [("data/PG_VERSION", "17\n"), ("data/PG_VERSION", ""), ("boot", "another"), ("boot", None)],
)
def test_a_scratch_cluster_of_another_version_or_run_of_the_machine_is_remade(
    scratch: Path, runnable: Binaries, file: str, text: str | None
) -> None:
    make(scratch, runnable, durable=False)
    before = inode(scratch)
    (scratch / file).unlink()
    if text is not None:
        (scratch / file).write_text(text)
    make(scratch, runnable, durable=False)
    assert inode(scratch) != before
    assert (scratch / traces.DATA / "PG_VERSION").read_text() == "18\n"
    remade = inode(scratch)
    make(scratch, runnable, durable=False)
    assert inode(scratch) == remade
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


def test_the_cluster_belongs_to_the_account_and_its_folder_to_the_caller(folder: Path) -> None:
    account = choose(folder / traces.DATA)
    status = (folder / traces.DATA).stat()
    assert status.st_uid == (account.uid if account else os.geteuid())
    assert status.st_mode & 0o777 == 0o700
    assert folder.stat().st_uid == os.geteuid()
