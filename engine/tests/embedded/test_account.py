"""Which account runs the server."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

import pytest
from alembic_pg.embedded.account import Account, choose_account
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = pwd.getpwnam("nobody")
STRANGER = Account(2_000_000, 2_000_000)


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def test_who_is_not_root_runs_the_server_himself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert choose_account(tmp_path / "data", {"SUDO_UID": "1001"}) is None


@pytest.mark.usefixtures("as_root")
def test_root_becomes_the_caller_of_sudo(tmp_path: Path) -> None:
    chosen = choose_account(tmp_path / "data", {"SUDO_UID": str(NOBODY.pw_uid)})
    assert chosen == Account(NOBODY.pw_uid, NOBODY.pw_gid)


@pytest.mark.usefixtures("as_root")
@pytest.mark.parametrize("caller", ["0", "", "-1", "x", "3999999999", "9" * 30])
def test_root_becomes_postgres_or_nobody_when_no_other_called_sudo(
    tmp_path: Path, caller: str
) -> None:
    chosen = choose_account(tmp_path / "data", {"SUDO_UID": caller})
    assert chosen
    assert pwd.getpwuid(chosen.uid).pw_name in {"postgres", "nobody"}


@pytest.mark.usefixtures("as_root")
def test_root_becomes_the_owner_of_the_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = tmp_path.stat()
    if owner.st_uid == 0:
        os.chown(tmp_path, STRANGER.uid, STRANGER.gid)
        owner = tmp_path.stat()
    monkeypatch.setattr(pwd, "getpwnam", pwd.getpwuid)  # no account is looked up by name
    assert choose_account(tmp_path, {}) == Account(owner.st_uid, owner.st_gid)


@pytest.mark.usefixtures("as_root")
def test_without_an_account_the_way_out_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: str) -> pwd.struct_passwd:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwnam", unknown)
    with pytest.raises(UserError, match=r"refuses to run as root.*set DATABASE_URL"):
        choose_account(tmp_path / "data", {})


@pytest.mark.parametrize(
    ("mode", "account", "enters"),
    [
        (0o755, "stranger", True),
        (0o750, "stranger", False),
        (0o750, "group", True),
        (0o705, "group", False),
        (0o700, "owner", True),
        (0o077, "owner", False),
    ],
)
def test_an_account_enters_by_the_bits_that_are_meant_for_it(
    open_folder: Path, mode: int, account: str, *, enters: bool
) -> None:
    folder = open_folder / "inner"
    folder.mkdir()
    folder.chmod(mode)
    status = folder.stat()
    uid = status.st_uid if account == "owner" else STRANGER.uid
    gid = status.st_gid if account == "group" else STRANGER.gid
    assert Account(uid, gid).may_enter(folder) is enters
    folder.chmod(0o700)


def test_an_account_enters_no_folder_below_a_closed_one(open_folder: Path) -> None:
    inner = open_folder / "inner"
    inner.mkdir()
    inner.chmod(0o755)  # whatever the umask
    assert STRANGER.may_enter(inner)
    open_folder.chmod(0o700)
    assert not STRANGER.may_enter(inner)
