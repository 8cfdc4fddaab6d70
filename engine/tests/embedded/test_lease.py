"""The locks of users, starters and keepers."""

from __future__ import annotations

import fcntl
import os
import shutil
from typing import TYPE_CHECKING

from alembic_pg.embedded import server_files
from alembic_pg.embedded.lease import Lease, has_keeper, keeper_lock, start_lock

if TYPE_CHECKING:
    from pathlib import Path


def is_free(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def test_two_hold_a_lease_and_the_lock_is_free_when_both_gave_it_back(tmp_path: Path) -> None:
    first, second = Lease.take(tmp_path), Lease.take(tmp_path)
    assert first.is_valid()
    assert second.is_valid()
    first.release()
    assert not is_free(tmp_path / server_files.USERS_LOCK)
    second.release()
    assert is_free(tmp_path / server_files.USERS_LOCK)


def test_a_lease_on_a_removed_folder_is_worth_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "target"
    folder.mkdir()
    lease = Lease.take(folder)
    shutil.rmtree(folder)
    assert not lease.is_valid()
    folder.mkdir()
    other = Lease.take(folder)
    assert other.is_valid()
    assert not lease.is_valid()
    lease.release()
    other.release()


def test_a_forked_child_keeps_the_lease(tmp_path: Path) -> None:
    lease = Lease.take(tmp_path)
    own = os.dup(lease.descriptor)
    lease.release()
    assert not is_free(tmp_path / server_files.USERS_LOCK)
    os.close(own)
    assert is_free(tmp_path / server_files.USERS_LOCK)


def test_there_is_one_keeper_at_a_time(tmp_path: Path) -> None:
    assert not has_keeper(tmp_path)
    with keeper_lock(tmp_path) as descriptor:
        assert descriptor is not None
        assert has_keeper(tmp_path)
        with keeper_lock(tmp_path) as other:
            assert other is None
    assert not has_keeper(tmp_path)


def test_one_starts_at_a_time(tmp_path: Path) -> None:
    with start_lock(tmp_path):
        assert not is_free(tmp_path / server_files.START_LOCK)
    assert is_free(tmp_path / server_files.START_LOCK)
