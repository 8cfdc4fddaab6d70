"""Start, share and release the embedded PostgreSQL server of a folder.

`start` gives it to this process for life; a keeper (keeper.py) runs it and stops it when the
last user has gone.
"""

from __future__ import annotations

import atexit
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import URL

from alembic_pg.embedded import (
    binaries,
    cluster,
    extension_stand_ins,
    programs,
    runtime_dirs,
    server_files,
)
from alembic_pg.embedded.account import choose_account
from alembic_pg.embedded.lease import Lease, has_keeper, keeper_lock, start_lock
from alembic_pg.embedded.probe import ProbeResult, probe_server
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from alembic_pg.embedded.account import Account
    from alembic_pg.embedded.binaries import Binaries

_POLL_INTERVAL = 0.01  # seconds
_START_TIMEOUT = 330  # seconds, some more than a keeper has
_IGNORE = ".gitignore"
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH")  # of the environment; what a Python may need to start
_KEEPER_SCRIPT = Path(__file__).with_name("keeper.py")

# What this process uses, by folder, and whether durably: a lock lives as long as its process.
_leases: dict[Path, tuple[Lease, bool]] = {}
_mutex = threading.RLock()


@dataclass(frozen=True)
class Server:
    """A running server and the folder in which its socket is."""

    folder: Path
    socket_directory: Path

    def url(self, database: str) -> URL:
        """Return the URL of a database of this server, for its superuser."""
        query = {
            "host": str(self.socket_directory),
            "port": str(server_files.PORT),
            "options": "",  # not those that the user's PGOPTIONS has for another server
            "sslmode": "disable",
        }
        if {"PGHOSTADDR", "PGSERVICE"} & os.environ.keys():
            query["hostaddr"] = ""  # libpq would prefer the environment's to our host
        return URL.create(
            "postgresql+psycopg2", username="postgres", database=database, query=query
        )

    def release(self) -> None:
        """Give this process's lease back before its end; the server may stop then."""
        with _mutex:
            _release_with_keeper(self.folder)


def start(folder: Path, *, durable: bool) -> Server:
    """Return the server that keeps its data in ``folder``, started when it does not run.

    The folder, its parent and the cluster are made when missing. The server runs at least
    until this process ends; calling this again costs little and mends what broke meanwhile.
    Without ``durable`` a cluster that cannot be used is made anew, and a crash of the machine
    may cost it. Raises UserError.
    """
    if not programs.can_run_server():
        raise UserError(binaries.not_installed_message())
    folder = folder.absolute()
    with _mutex:
        try:
            _make_folder(folder)
            _take_lease(folder, durable=durable)
            return _find_running(folder) or _start_or_wait(folder, durable=durable)
        except UserError:
            _release_lease(folder)
            raise
        except OSError as error:
            _release_lease(folder)
            raise UserError(
                f"The embedded server cannot use {folder} ({error.strerror or error}): "
                f"mend that, or {cluster.other_server_hint(durable=durable)}.",
            ) from error


def _make_folder(folder: Path) -> None:
    """Make the folder and its parent; what root makes belongs to the owner of where it is."""
    for place in (folder.parent, folder):
        with suppress(FileExistsError):
            place.mkdir()
            if os.geteuid() == 0:
                owner = place.parent.stat()
                os.chown(place, owner.st_uid, owner.st_gid)
    ignore = folder.parent / _IGNORE
    if folder.parent.name == ".postgres" and not ignore.exists():
        descriptor = server_files.open_file(ignore, os.O_WRONLY)
        os.write(descriptor, b"*\n")
        os.close(descriptor)


def _take_lease(folder: Path, *, durable: bool) -> None:
    lease, _ = _leases.get(folder, (None, durable))
    if lease and lease.is_valid():
        return
    _release_lease(folder)
    if not _leases:
        atexit.unregister(_release_all)
        atexit.register(_release_all)
    _leases[folder] = Lease.take(folder), durable


def _release_lease(folder: Path) -> None:
    if folder in _leases:
        _leases.pop(folder)[0].release()


def _release_with_keeper(folder: Path) -> None:
    """Give the lease back, and see to it that a keeper lives to notice."""
    if folder in _leases:
        lease, durable = _leases[folder]
        with suppress(OSError, UserError):  # it is the next user who wants to hear of it
            lives = server_files.read_postmaster(folder)[0]
            if lease.is_valid() and not has_keeper(folder) and lives:
                _start_or_wait(folder, durable=durable)
        _release_lease(folder)


def _release_all() -> None:
    for folder in tuple(_leases):
        _release_with_keeper(folder)


def _find_running(folder: Path) -> Server | None:
    """Return the server when it runs, is kept and answers."""
    sockets = server_files.read_note(folder)
    if sockets and has_keeper(folder) and _probe(folder, sockets) is ProbeResult.READY:
        return Server(folder, sockets)
    return None


def _probe(folder: Path, sockets: Path) -> ProbeResult:
    try:
        owner = (folder / server_files.DATA).stat().st_uid
    except FileNotFoundError:
        return ProbeResult.GONE
    return probe_server(sockets, owner)


def _start_or_wait(folder: Path, *, durable: bool) -> Server:
    """Start the server, or wait for the one that another process is starting."""
    deadline = time.monotonic() + _START_TIMEOUT
    with start_lock(folder):
        while time.monotonic() < deadline:
            if server := _find_running(folder):
                return server
            with keeper_lock(folder) as lock:
                if lock is not None:
                    _run_keeper(folder, lock, durable=durable)
                    continue
            _stop_unreachable(folder)
            time.sleep(_POLL_INTERVAL)
    raise UserError(
        f"The embedded server in {folder} does not answer, see {folder / server_files.LOG}: "
        f"stop it, or {cluster.other_server_hint(durable=durable)}.",
    )


def _stop_unreachable(folder: Path) -> None:
    """Stop a server whose socket somebody removed: it can only be started again."""
    sockets = server_files.read_note(folder)
    pid, status = server_files.read_postmaster(folder)
    lives = sockets and status == "ready" and server_files.is_server_process(pid, sockets)
    if sockets and lives and _probe(folder, sockets) is ProbeResult.GONE:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)


def _run_keeper(folder: Path, lock: int, *, durable: bool) -> None:
    """Start a keeper and wait until its server is ready. Raises UserError, OSError."""
    account = choose_account(folder / server_files.DATA)
    runnable = binaries.runnable_binaries(account)
    sockets = server_files.read_note(folder)
    if not sockets or not server_files.is_server_process(
        server_files.read_postmaster(folder)[0], sockets
    ):
        cluster.ensure_cluster(folder, runnable, account, durable=durable)
    problem = _spawn_keeper(folder, lock, runnable, account, durable=durable)
    if problem and not durable and problem != os.strerror(errno.ENOSPC):
        cluster.discard(folder)
        cluster.ensure_cluster(folder, runnable, account, durable=durable)
        problem = _spawn_keeper(folder, lock, runnable, account, durable=durable)
    if problem:
        raise UserError(
            f"The embedded server in {folder} does not start ({problem}), "
            f"see {folder / server_files.LOG}: mend that, or "
            f"{cluster.other_server_hint(durable=durable)}.",
        )


def _spawn_keeper(
    folder: Path, lock: int, runnable: Binaries, account: Account | None, *, durable: bool
) -> str | None:
    """Start a keeper, and return the reason when its server does not start."""
    listener, ready = os.pipe()
    order = {
        "account": account and (account.uid, account.gid),
        "places": [str(place) for place in runtime_dirs.socket_folders(account)],
        "ready": ready,
    }
    command = [
        str(runnable.folder / "postgres"),
        *("-D", cluster.data_folder_argument(folder / server_files.DATA, account)),
        *cluster.server_options(durable=durable),
        *extension_stand_ins.provide(folder, runnable, account),
    ]
    with os.fdopen(listener, encoding="utf-8", errors="replace") as told:
        try:
            subprocess.run(
                [sys.executable, "-I", "-S", _KEEPER_SCRIPT, json.dumps(order), *command],
                cwd=folder,
                env={key: os.environ[key] for key in _KEPT_VARIABLES if key in os.environ},
                pass_fds=(lock, ready),
                start_new_session=True,  # Ctrl-C is for the user, not for the server
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
            )
        finally:
            os.close(ready)
        answer = told.read()  # to its end, which comes also when the keeper is killed
    return None if answer == "ready" else answer or "the process that keeps it up was killed"
