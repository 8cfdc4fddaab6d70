"""Remove the cluster of an embedded server that nobody uses."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from alembic_pg.embedded import cluster, server_files
from alembic_pg.embedded.lease import has_keeper, is_in_use, users_lock
from alembic_pg.errors import UserError

_POLL_INTERVAL = 0.05  # seconds
_STOP_TIMEOUT = 40  # seconds for a server to stop, some more than its keeper takes


def remove_cluster(folder: Path) -> None:
    """Remove the cluster in a server's folder, when the server has stopped.

    Raises UserError naming who uses the server, or when it does not stop; OSError.
    """
    deadline = time.monotonic() + _STOP_TIMEOUT
    while time.monotonic() < deadline:
        with users_lock(folder) as locked:
            if locked and not has_keeper(folder):
                if not _stop_orphan(folder):
                    cluster.discard(folder)
                    (folder / server_files.NOTE).unlink(missing_ok=True)
                    return
            elif not locked and is_in_use(folder):
                raise UserError(
                    f"The embedded server is in use by {_describe_users(folder)}: "
                    "end that, then run the same command again."
                )
        time.sleep(_POLL_INTERVAL)  # its keeper stops it
    raise UserError(
        f"The embedded server in {folder} does not stop, see {folder / server_files.LOG}: "
        "end its processes, then run the same command again."
    )


def _stop_orphan(folder: Path) -> bool:
    """Stop a server whose keeper was killed; return whether there is one."""
    sockets = server_files.read_note(folder)
    pid, _ = server_files.read_postmaster(folder)
    if not sockets or not server_files.is_server_process(pid, sockets):
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    return True


def _describe_users(folder: Path) -> str:
    """Return the processes that use a server, as far as the system tells."""
    inode = (folder / server_files.USERS_LOCK).stat().st_ino
    found = []
    with suppress(FileNotFoundError):  # Linux has it (proc_locks(5))
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            if fields[1] == "FLOCK" and fields[3] == "READ" and fields[5].endswith(f":{inode}"):
                found.append(f"process {fields[4]}{_command_line(fields[4])}")
    return ", ".join(found) or "another process"


def _command_line(pid: str) -> str:
    """Return the command line of a process in brackets, shortened."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ").strip()
        shown = text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004  # of a line
        return f" ({shown})" if shown else ""
    return ""
