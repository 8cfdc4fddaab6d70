"""What a folder and the process table tell."""

from __future__ import annotations

import os
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest
from alembic_pg.embedded import server, server_files

if TYPE_CHECKING:
    from pathlib import Path


def test_the_note_is_read_where_it_was_written(tmp_path: Path) -> None:
    assert server_files.read_note(tmp_path) is None
    sockets = tmp_path / "alembic-pg-ä b"
    server_files.write_note(tmp_path, sockets)
    assert server_files.read_note(tmp_path) == sockets


def test_the_note_of_a_copied_folder_is_the_originals(tmp_path: Path) -> None:
    original, copied = tmp_path / "a", tmp_path / "b"
    original.mkdir()
    server_files.write_note(original, tmp_path)
    subprocess.run(["cp", "-a", original, copied], check=True)
    assert server_files.read_note(copied) is None
    original.rename(tmp_path / "c")
    assert server_files.read_note(tmp_path / "c") == tmp_path


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"folder": 1, "socket": "/tmp"}', "\0"])
def test_a_torn_note_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / server_files.NOTE).write_text(text)
    assert server_files.read_note(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", (0, "")),
        ("garbage\n", (0, "")),
        ("12\n/data\n0\n5432\n\n", (12, "")),
        ("12\n/data\n0\n5432\n/tmp/alembic-pg-1\n\n 1 2\nready   \n", (12, "ready")),
    ],
)
def test_postmaster_pid_is_read(tmp_path: Path, text: str, read: tuple[int, str]) -> None:
    assert server_files.read_postmaster(tmp_path) == (0, "")
    (tmp_path / server_files.DATA).mkdir()
    (tmp_path / server_files.DATA / "postmaster.pid").write_text(text)
    assert server_files.read_postmaster(tmp_path) == read


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("LOG:  a\nFATAL:  first\nHINT: b\nFATAL:  last\nLOG:  off\n", "last"),
        ("x ERROR:  relation\ninitdb: error: of a child\n", "of a child"),
        ("ERROR:  e\nPANIC:  p\nERROR:  f\n", "p"),
        ("only\nthis\n\n", "this"),
        ("", "its log is empty"),
    ],
)
def test_the_reason_is_one_line(tmp_path: Path, output: str, line: str) -> None:
    assert server_files.failure_reason(output, tmp_path) == line


def test_the_server_and_its_parts_are_found_and_nothing_else(scratch: Path) -> None:
    running = server.start(scratch, durable=False)
    sockets = running.socket_directory
    pid, status = server_files.read_postmaster(scratch)
    assert status == "ready"
    assert server_files.is_server_process(pid, sockets)
    assert not server_files.is_server_process(pid, sockets.with_name("alembic-pg-0"))
    assert not server_files.is_server_process(os.getpid(), sockets)
    assert not server_files.is_server_process(0, sockets)
    with subprocess.Popen(["sleep", "60", f"cluster_name={sockets.name}"]) as other:
        found = server_files.server_processes(sockets)
        assert other.pid not in found
        other.kill()
    assert pid in found
    assert len(found) > 1  # the checkpointer and others
    running.release()


def test_what_root_makes_belongs_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 2_000_000, 2_000_001)
    before = os.umask(0o077)
    try:
        os.close(server_files.open_file(tmp_path / "file", os.O_RDWR))
    finally:
        os.umask(before)
    made, folder = (tmp_path / "file").stat(), tmp_path.stat()
    assert (made.st_uid, made.st_gid) == (folder.st_uid, folder.st_gid)
    assert stat.S_IMODE(made.st_mode) == 0o600


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        server_files.open_file(tmp_path / "link", os.O_RDWR)
