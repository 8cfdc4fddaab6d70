"""Make, check and remake the database cluster in a server's folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.embedded import server_files
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from alembic_pg.embedded.account import Account
    from alembic_pg.embedded.binaries import Binaries

_BOOT_FILE = "boot"  # the file that tells in which run of the machine a scratch cluster was made
_SCRATCH_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "32MB",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "1h",
    "log_checkpoints": "off",
    "autovacuum": "off",
    "jit": "off",
    "io_method": "sync",  # no worker processes
    "shared_buffers": "64MB",
    "max_connections": "200",
    "max_locks_per_transaction": "512",  # a revision of a thousand tables locks them all
}


def server_options(*, durable: bool) -> list[str]:
    """Return the server's options: PostgreSQL's defaults for what must last, else the quick ones.

    Without durability a crash of the machine may tear the cluster (chapter "Non-Durable
    Settings"), a crash of the server does not.
    """
    return [] if durable else [f"-c{name}={value}" for name, value in _SCRATCH_SETTINGS.items()]


def ensure_cluster(
    folder: Path, binaries: Binaries, account: Account | None, *, durable: bool
) -> None:
    """Make the cluster of the server in ``folder`` unless there is one that it can run.

    A scratch cluster of another major version, or of another run of the machine, is made
    anew. Nobody may be using the folder. Raises UserError for a durable one of another major
    version and when initdb fails; OSError.
    """
    data = folder / server_files.DATA
    _remove_stale(folder)
    if data.exists():
        found = _cluster_version(data)
        if durable and found != binaries.major:
            raise UserError(
                f"{folder} holds {f'PostgreSQL {found} data' if found else 'no whole cluster'}, "
                f"the embedded server is PostgreSQL {binaries.major}: "
                "move that folder away, or set DATABASE_URL.",
            )
        if not durable and (found != binaries.major or _recorded_boot_id(folder) != _boot_id()):
            discard(folder)
    if not data.exists():
        _initialise(folder, binaries, account, durable=durable)


def discard(folder: Path) -> None:
    """Remove the cluster of a server that does not run. Raises OSError."""
    old = Path(tempfile.mkdtemp(prefix=f"{server_files.DATA}.", dir=folder))
    (folder / server_files.DATA).rename(old / server_files.DATA)  # at once, then at leisure
    shutil.rmtree(old, ignore_errors=True)


def _remove_stale(folder: Path) -> None:
    """Remove what killed starters left, but for that in which initdb still works."""
    for stale in folder.glob(f"{server_files.DATA}.*"):
        lock = os.open(stale, os.O_RDONLY)
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(stale, ignore_errors=True)
        os.close(lock)


def _initialise(
    folder: Path, binaries: Binaries, account: Account | None, *, durable: bool
) -> None:
    """Run initdb in a temporary sibling and rename that: the cluster is there whole or not."""
    new = Path(tempfile.mkdtemp(prefix=f"{server_files.DATA}.", dir=folder))
    try:
        if account:
            os.chown(new, account.uid, account.gid)
        (folder / _BOOT_FILE).write_text(_boot_id())
        code, output = _run_initdb(new, binaries, account, durable=durable)
        if code != 0:
            problem = server_files.failure_reason(output, folder)
            raise UserError(
                f"No database cluster could be made in {folder} ({problem}): "
                f"mend that, or {other_server_hint(durable=durable)}.",
            )
        new.rename(folder / server_files.DATA)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    if durable:
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def _run_initdb(
    data: Path, binaries: Binaries, account: Account | None, *, durable: bool
) -> tuple[int, str]:
    """Run initdb and return its exit code and output.

    It is never stopped, for then it would leave shared memory: Ctrl-C does not reach it, and is
    obeyed when it is done; when we are killed it ends its work, which a lock on its folder shows.
    """
    lock = os.open(data, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with subprocess.Popen(
        [
            binaries.folder / "initdb",
            *("-D", data_folder_argument(data, account)),
            *("-U", "postgres", "-A", "trust", "-E", "UTF8"),
            *("--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"),
            *([] if durable else ["--no-sync", "--no-data-checksums"]),
        ],
        cwd=data,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        umask=0o077,
        start_new_session=True,
        pass_fds=[lock],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as initdb:
        os.close(lock)
        try:
            output, _ = initdb.communicate()
        finally:
            initdb.wait()
    return initdb.returncode, output


def data_folder_argument(data: Path, account: Account | None) -> str:
    """Return what a program started inside ``data`` is told as its data folder.

    Another account may not be able to walk there, but is there already (Linux' proc(5)).
    """
    return "/proc/self/cwd" if account else str(data)


def other_server_hint(*, durable: bool) -> str:
    """Return what a user may do who has no embedded server: name another."""
    return f"set {'DATABASE_URL' if durable else 'SHADOW_DATABASE_URL'}"


def _cluster_version(data: Path) -> str | None:
    with suppress(FileNotFoundError, NotADirectoryError):
        return (data / "PG_VERSION").read_text().strip()
    return None


def _recorded_boot_id(folder: Path) -> str | None:
    with suppress(FileNotFoundError):
        return (folder / _BOOT_FILE).read_text()
    return None


def _boot_id() -> str:
    """Return what changes when the machine starts anew, as far as it tells."""
    with suppress(FileNotFoundError):
        return Path("/proc/sys/kernel/random/boot_id").read_text()
    return ""
