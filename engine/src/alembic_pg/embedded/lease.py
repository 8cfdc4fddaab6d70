"""Lock a server for its users and its keeper; the kernel frees the locks of killed processes."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.embedded import server_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Lease:
    """A shared lock on ``users.lock``: while one is held, the server is not stopped."""

    path: Path
    descriptor: int

    @classmethod
    def take(cls, folder: Path) -> Lease:
        """Take a lease on the server in ``folder``, waiting while it is being stopped."""
        path = folder / server_files.USERS_LOCK
        while True:
            lease = cls(path, _open_and_lock(path, fcntl.LOCK_SH))
            if lease.is_valid():
                return lease
            lease.release()  # the folder was removed while we waited

    def is_valid(self) -> bool:
        """Return whether this is still the lock that others look at: its folder was not removed."""
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(self.descriptor), self.path.stat())
        return False

    def release(self) -> None:
        """Give the lease back; a child process that was forked meanwhile keeps its own."""
        os.close(self.descriptor)  # unlocking it would unlock the children's too


@contextmanager
def users_lock(folder: Path) -> Iterator[bool]:
    """Hold the lock that nobody shares while somebody uses the server, and yield whether we do."""
    with _lock_at_once(folder / server_files.USERS_LOCK) as descriptor:
        yield descriptor is not None


def is_in_use(folder: Path) -> bool:
    """Return whether somebody has a lease, or nobody has while the keeper stops the server."""
    return not _is_exclusive(folder / server_files.USERS_LOCK)


@contextmanager
def start_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of those who look whether a server is to be started, one at a time."""
    descriptor = _open_and_lock(folder / server_files.START_LOCK, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def keeper_lock(folder: Path) -> Iterator[int | None]:
    """Hold the keeper's lock and yield its descriptor for the keeper; None when one lives."""
    with _lock_at_once(folder / server_files.KEEPER_LOCK) as descriptor:
        yield descriptor


def has_keeper(folder: Path) -> bool:
    """Return whether a keeper lives."""
    return _is_exclusive(folder / server_files.KEEPER_LOCK)


@contextmanager
def _lock_at_once(path: Path) -> Iterator[int | None]:
    """Hold a lock alone and yield its descriptor; None when somebody else has it."""
    try:
        descriptor = _open_and_lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_exclusive(path: Path) -> bool:
    """Return whether somebody holds a lock alone."""
    try:
        os.close(_open_and_lock(path, fcntl.LOCK_SH | fcntl.LOCK_NB))
    except BlockingIOError:
        return True
    return False


def _open_and_lock(path: Path, how: int) -> int:
    descriptor = server_files.open_file(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, how)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
