"""The embedded PostgreSQL server of a folder, shared by all processes that use it.

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

from alembic_pg.embedded import binaries, cluster, programs, runtime_dirs, server_files
from alembic_pg.embedded.account import choose
from alembic_pg.embedded.lease import Lease, has_keeper, keeping, starting
from alembic_pg.embedded.probe import Answer, ask
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from alembic_pg.embedded.account import Account
    from alembic_pg.embedded.binaries import Binaries

_TICK = 0.01  # seconds
_PATIENCE = 330  # seconds, some more than a keeper has
_IGNORE = ".gitignore"
_KEPT = ("PATH", "LD_LIBRARY_PATH")  # of the environment; what a Python may need to start
_KEEPER = Path(__file__).with_name("keeper.py")

# What this process uses, by folder, and whether durably: a lock lives as long as its process.
_uses: dict[Path, tuple[Lease, bool]] = {}
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
            _leave(self.folder)


def installed() -> bool:
    """Say whether there is an embedded server: it is a development dependency."""
    return programs.find("postgres") is not None


def start(folder: Path, *, durable: bool) -> Server:
    """Return the server that keeps its data in ``folder``, started when it does not run.

    The folder, its parent and the cluster are made when missing. The server runs at least
    until this process ends; calling this again costs little and mends what broke meanwhile.
    Without ``durable`` a cluster that cannot be used is made anew, and a crash of the machine
    may cost it. Raises UserError.
    """
    if not installed():
        raise UserError(binaries.missing())
    folder = folder.absolute()
    with _mutex:
        try:
            _make_folder(folder)
            _take(folder, durable=durable)
            return _find(folder) or _start(folder, durable=durable)
        except UserError:
            _give_back(folder)
            raise
        except OSError as error:
            _give_back(folder)
            raise UserError(
                f"The embedded server cannot use {folder} ({error.strerror or error}): "
                f"mend that, or {cluster.way_out(durable=durable)}.",
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


def _take(folder: Path, *, durable: bool) -> None:
    lease, _ = _uses.get(folder, (None, durable))
    if lease and lease.holds():
        return
    _give_back(folder)
    if not _uses:
        atexit.unregister(_leave_all)
        atexit.register(_leave_all)
    _uses[folder] = Lease.take(folder), durable


def _give_back(folder: Path) -> None:
    if folder in _uses:
        _uses.pop(folder)[0].give_back()


def _leave(folder: Path) -> None:
    """Give the lease back, and see to it that a keeper lives to notice."""
    if folder in _uses:
        lease, durable = _uses[folder]
        with suppress(OSError, UserError):  # it is the next user who wants to hear of it
            if lease.holds() and not has_keeper(folder) and server_files.read_postmaster(folder)[0]:
                _start(folder, durable=durable)
        _give_back(folder)


def _leave_all() -> None:
    for folder in tuple(_uses):
        _leave(folder)


def _find(folder: Path) -> Server | None:
    """Return the server when it runs, is kept and answers."""
    sockets = server_files.read_note(folder)
    if sockets and has_keeper(folder) and _ask(folder, sockets) is Answer.READY:
        return Server(folder, sockets)
    return None


def _ask(folder: Path, sockets: Path) -> Answer:
    try:
        owner = (folder / server_files.DATA).stat().st_uid
    except FileNotFoundError:
        return Answer.GONE
    return ask(sockets, owner)


def _start(folder: Path, *, durable: bool) -> Server:
    """Start the server, or wait for the one that another process is starting."""
    deadline = time.monotonic() + _PATIENCE
    with starting(folder):
        while time.monotonic() < deadline:
            if server := _find(folder):
                return server
            with keeping(folder) as lock:
                if lock is not None:
                    _run_keeper(folder, lock, durable=durable)
                    continue
            _stop_unreachable(folder)
            time.sleep(_TICK)
    raise UserError(
        f"The embedded server in {folder} does not answer, see {folder / server_files.LOG}: "
        f"stop it, or {cluster.way_out(durable=durable)}.",
    )


def _stop_unreachable(folder: Path) -> None:
    """Stop a server whose socket somebody removed: it can only be started again."""
    sockets = server_files.read_note(folder)
    pid, status = server_files.read_postmaster(folder)
    lives = sockets and status == "ready" and server_files.runs(pid, sockets)
    if sockets and lives and _ask(folder, sockets) is Answer.GONE:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)


def _run_keeper(folder: Path, lock: int, *, durable: bool) -> None:
    """Start a keeper and wait until its server is ready. Raises UserError, OSError."""
    account = choose(folder / server_files.DATA)
    runnable = binaries.usable(account)
    sockets = server_files.read_note(folder)
    if not sockets or not server_files.runs(server_files.read_postmaster(folder)[0], sockets):
        cluster.make(folder, runnable, account, durable=durable)
    problem = _spawn(folder, lock, runnable, account, durable=durable)
    if problem and not durable and problem != os.strerror(errno.ENOSPC):
        cluster.discard(folder)
        cluster.make(folder, runnable, account, durable=durable)
        problem = _spawn(folder, lock, runnable, account, durable=durable)
    if problem:
        raise UserError(
            f"The embedded server in {folder} does not start ({problem}), "
            f"see {folder / server_files.LOG}: mend that, or {cluster.way_out(durable=durable)}.",
        )


def _spawn(
    folder: Path, lock: int, runnable: Binaries, account: Account | None, *, durable: bool
) -> str | None:
    """Start a keeper, and return the reason when its server does not start."""
    listener, ready = os.pipe()
    order = {
        "account": account and (account.uid, account.gid),
        "places": [str(place) for place in runtime_dirs.for_sockets(account)],
        "ready": ready,
    }
    command = [
        str(runnable.folder / "postgres"),
        *("-D", cluster.place(folder / server_files.DATA, account)),
        *cluster.settings(durable=durable),
    ]
    with os.fdopen(listener, encoding="utf-8", errors="replace") as told:
        try:
            subprocess.run(
                [sys.executable, "-I", "-S", _KEEPER, json.dumps(order), *command],
                cwd=folder,
                env={key: os.environ[key] for key in _KEPT if key in os.environ},
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
    return None if answer == "ready" else answer or "its keeper was killed"
