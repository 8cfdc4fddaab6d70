"""Run one embedded server in a process of its own, until nobody uses it.

Run as a script, detached. It starts the server as its child, or adopts the one that a killed
keeper left, and waits for an exclusive lock on ``users.lock``, of which every user holds a
shared one: who gets it knows that nobody is left. Then it stops the server, cleans up and ends.
The kernel releases the locks of a process that was killed, so nothing is counted. A server that
crashed is started again on the same socket.

Only the standard library, and little of it, so that it starts in some milliseconds.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

if __name__ == "__main__":  # run by its path, with nothing of the project on sys.path
    sys.path.append(str(Path(__file__).parent.parent.parent))

from alembic_pg.embedded import server_files

_LOG_LIMIT = 8_000_000  # bytes
_POLL_INTERVAL = 0.005  # seconds
_START_TIMEOUT = 300  # seconds; recovery after a crash may take long
_MAX_STARTS = 10  # of one keeper: a server that crashes time and again is left lying
_SHARED_MEMORY_IN_USE = (
    "pre-existing shared memory block"  # the orphans of a killed server still hold it
)
_SHARED_MEMORY_TRIES = 20
# Signals, gentle first, each with the seconds it is given.
_STOP_SIGNALS = ((signal.SIGINT, 15), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))
_ORPHAN_SIGNALS = ((None, 1), (signal.SIGQUIT, 3), (signal.SIGKILL, 3))


class ServerStartError(Exception):
    """The server does not start; the text is one line that says why."""


class Keeper:
    """Runs the server of the folder that is the working directory.

    ``command`` starts it, but for the options about the socket; ``uid`` and ``gid`` are the
    account it becomes, or None; ``places`` are folders that may hold the socket's folder;
    ``ready`` is a pipe that is told once that the server is ready, or why it is not.
    """

    def __init__(
        self,
        command: list[str],
        account: tuple[int, int] | None,
        places: list[str],
        ready: int,
    ) -> None:
        self.command, self.account, self.places, self.ready = command, account, places, ready
        self.folder = Path()  # as the working directory it may be moved meanwhile
        self.sockets: Path | None = None
        self.pid = 0
        self.child: subprocess.Popen[bytes] | None = None  # None for an adopted server
        self.log_start = 0
        self.unused = threading.Event()

    def run(self) -> None:
        """Run the server until nobody uses it."""
        threading.Thread(target=self._stop_when_unused, daemon=True).start()
        signal.signal(signal.SIGTERM, lambda *_: self._signal(signal.SIGINT))
        try:
            for _ in range(_MAX_STARTS):
                self._make_ready()
                self._tell("ready")
                if self.unused.is_set():  # it was started to recover, and that is done
                    self._signal(signal.SIGINT)
                self._wait_for_end()
                if not server_files.read_postmaster(self.folder)[0]:  # it ended in good order
                    break
        except (ServerStartError, OSError) as error:
            problem = error.strerror if isinstance(error, OSError) else None
            self._clean()  # before the starter hears it, and may start another
            self._tell(problem or str(error))
        else:
            self._clean()

    def _tell(self, text: str) -> None:
        if self.ready >= 0:
            with suppress(OSError):  # the starter was killed
                os.write(self.ready, text.encode(errors="replace"))
            os.close(self.ready)
            self.ready = -1

    def _make_ready(self) -> None:
        """Adopt or start the server. Raises Failure, OSError."""
        if self._adopt():
            self._wait_until_ready()
            return
        for attempt in range(_SHARED_MEMORY_TRIES):
            self._start()
            try:
                self._wait_until_ready()
            except ServerStartError as failure:
                self._signal(signal.SIGQUIT)
                self._wait_for_end()
                if _SHARED_MEMORY_IN_USE not in str(failure) or attempt + 1 == _SHARED_MEMORY_TRIES:
                    raise
                time.sleep(0.25)
            else:
                return

    def _adopt(self) -> bool:
        """Take over the server of a killed keeper, or clear what is left of a dead one."""
        self.child, self.pid = None, 0
        self.sockets = server_files.read_note(self.folder)
        stale = self.folder / server_files.DATA / "postmaster.pid"
        if self.sockets is None:
            if (self.folder / server_files.NOTE).exists():  # a copy: that server is the original's
                stale.unlink(missing_ok=True)
            return False
        pid, status = server_files.read_postmaster(self.folder)
        if server_files.is_server_process(pid, self.sockets):
            self.pid = pid
            if status != "stopping":
                server_files.write_note(self.folder, self.sockets)
                return True
            self._wait_for_end()
        self._end_orphans(self.sockets)
        stale.unlink(missing_ok=True)  # PostgreSQL believes it while any process has that pid
        if not self._is_ours(self.sockets):
            self.sockets = None
        return False

    def _end_orphans(self, sockets: Path) -> None:
        """End what a killed server left; it ends by itself when it next looks up from its work."""
        for number, patience in _ORPHAN_SIGNALS:
            deadline = time.monotonic() + patience
            for pid in server_files.server_processes(sockets) if number else ():
                _send_signal(pid, number)
            while server_files.server_processes(sockets):
                if time.monotonic() > deadline:
                    break
                time.sleep(2 * _POLL_INTERVAL)
            else:
                return

    def _start(self) -> None:
        sockets = self.sockets or self._make_sockets()
        for name in (server_files.SOCKET, f"{server_files.SOCKET}.lock"):
            (sockets / name).unlink(missing_ok=True)
        server_files.write_note(self.folder, sockets)
        self._open_log()
        self.child = subprocess.Popen(
            [
                *self.command,
                *("-c", "listen_addresses=", "-c", f"port={server_files.PORT}"),
                *("-c", f'unix_socket_directories="{sockets}"'),
                *("-c", "unix_socket_permissions=0700"),
                *("-c", f"cluster_name={sockets.name}"),  # marks every process of the server
            ],
            cwd=server_files.DATA,  # entered before the account changes: its parents may be closed
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            user=self.account and self.account[0],
            group=self.account and self.account[1],
            extra_groups=self.account and [],
            umask=0o077,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
        )
        self.pid = self.child.pid

    def _make_sockets(self) -> Path:
        """Note the name first, then make the folder: none is forgotten, whenever we are killed."""
        problem = OSError("no folder for the server's socket")
        for place in self.places:
            sockets = Path(place, f"{server_files.SOCKET_FOLDER_PREFIX}{os.urandom(6).hex()}")
            server_files.write_note(self.folder, sockets)
            try:
                sockets.mkdir(mode=0o700)
            except OSError as error:
                problem = error
                continue
            self.sockets = sockets
            if self.account:
                os.chown(sockets, *self.account)
            return sockets
        raise problem

    def _open_log(self) -> None:
        log = self.folder / server_files.LOG
        if log.exists() and log.stat().st_size > _LOG_LIMIT:
            log.replace(self.folder / f"{server_files.LOG}.1")
        descriptor = server_files.open_file(log, os.O_WRONLY | os.O_APPEND)
        os.dup2(descriptor, sys.stderr.fileno())
        os.close(descriptor)
        self.log_start = log.stat().st_size

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while server_files.read_postmaster(self.folder) != (self.pid, "ready"):
            if not self._lives():
                with (self.folder / server_files.LOG).open("rb") as log:
                    log.seek(self.log_start)
                    output = log.read().decode(errors="replace")
                raise ServerStartError(server_files.failure_reason(output, self.folder))
            if time.monotonic() > deadline:
                raise ServerStartError(f"it is not ready after {_START_TIMEOUT} seconds")
            time.sleep(_POLL_INTERVAL)

    def _wait_for_end(self) -> None:
        """Wait until the server is gone, and keep its log small meanwhile."""
        descriptor = -1
        if sys.platform == "linux":
            with suppress(OSError):  # it is gone already
                descriptor = os.pidfd_open(self.pid)
        while self._lives():
            if descriptor >= 0:
                select.select([descriptor], [], [], 60)
            else:
                time.sleep(0.1)
            with suppress(FileNotFoundError):
                if (self.folder / server_files.LOG).stat().st_size > _LOG_LIMIT:
                    os.truncate(self.folder / server_files.LOG, 0)
        if descriptor >= 0:
            os.close(descriptor)
        self.pid = 0

    def _lives(self) -> bool:
        if self.child:
            return self.child.poll() is None
        return self.sockets is not None and server_files.is_server_process(self.pid, self.sockets)

    def _stop_when_unused(self) -> None:
        users = server_files.open_file(self.folder / server_files.USERS_LOCK, os.O_RDWR)
        fcntl.flock(users, fcntl.LOCK_EX)  # held until this process has ended
        self.unused.set()
        for number, patience in _STOP_SIGNALS:
            self._signal(number)
            time.sleep(patience)

    def _signal(self, number: signal.Signals) -> None:
        if self.pid and self._lives():
            _send_signal(self.pid, number)

    def _is_ours(self, sockets: Path) -> bool:
        """Return whether the folder is the one made for this server, not another's of its name."""
        with suppress(FileNotFoundError):
            status = sockets.lstat()
            owner = self.account[0] if self.account else os.geteuid()
            closed = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
            return closed and status.st_uid == owner
        return False

    def _clean(self) -> None:
        if self.sockets and self._is_ours(self.sockets):
            for name in (server_files.SOCKET, f"{server_files.SOCKET}.lock"):
                (self.sockets / name).unlink(missing_ok=True)
            with suppress(OSError):  # somebody put something into it
                self.sockets.rmdir()
        if not server_files.read_postmaster(self.folder)[
            0
        ]:  # else the note says whose that file is
            (self.folder / server_files.NOTE).unlink(missing_ok=True)


def _send_signal(pid: int, number: signal.Signals | None) -> None:
    if number:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def main() -> None:
    """Run a server: the first argument is JSON (see `Keeper`), the others are its command.

    The caller has locked ``keeper.lock`` and leaves the lock to this process with the
    descriptor, so that there is no moment between its looking and this one's living.
    """
    os.umask(0o022)
    if os.fork():  # the child belongs to nobody who would have to wait for it
        os._exit(0)
    order = json.loads(sys.argv[1])
    try:
        Keeper(sys.argv[2:], **order).run()
    except Exception:  # noqa: BLE001 - it has nobody to raise it to but the log
        sys.excepthook(*sys.exc_info())
    os._exit(0)  # the thread may wait for ever


if __name__ == "__main__":
    main()
