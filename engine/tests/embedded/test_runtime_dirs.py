"""Where a socket and copied binaries may lie."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from alembic_pg.embedded import runtime_dirs
from alembic_pg.embedded.account import Account

USUAL = [Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - as the module has them


@pytest.mark.parametrize("name", ["x" * 90, "ü" * 45, "a,b", 'a"b', "a\\b"])
def test_a_socket_goes_where_its_path_is_short_and_plain(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    place = open_folder / name
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    assert runtime_dirs.usable_folders(None) == [place, *USUAL]
    assert runtime_dirs.socket_folders(None) == USUAL


def test_the_longest_path_is_within_the_limit_of_a_socket(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 107 - len(str(open_folder)) - len("//alembic-pg-0123456789ab/.s.PGSQL.5432")
    for length, fits in ((room, True), (room + 1, False)):
        place = open_folder / ("x" * length)
        place.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        assert (place in runtime_dirs.socket_folders(None)) is fits


def test_an_account_is_not_sent_where_it_may_not_enter(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = Account(2_000_000, 2_000_000)
    monkeypatch.setattr(tempfile, "tempdir", str(open_folder))
    assert runtime_dirs.socket_folders(stranger) == [open_folder, *USUAL]
    open_folder.chmod(0o700)
    assert runtime_dirs.socket_folders(stranger) == USUAL
    assert runtime_dirs.usable_folders(stranger) == USUAL
