"""Read and write the files of a server's folder, and find its processes in the process table.

Read by its users and by its keeper. Only the standard library: the keeper must start quickly.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from contextlib import suppress
from pathlib import Path

PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
SOCKET_FOLDER_PREFIX = "alembic-pg-"  # of the folder with the socket; random digits follow
# The files of a server's folder.
DATA = "data"
LOG = "log"
NOTE = "server.json"
USERS_LOCK = "users.lock"  # shared: every user; exclusive: the keeper, when nobody is left
KEEPER_LOCK = "keeper.lock"  # exclusive: a keeper lives
START_LOCK = "start.lock"  # exclusive: somebody looks whether to start a server


def open_file(path: Path, flags: int) -> int:
    """Open a file of the server's folder, made when missing; root gives it to the folder's owner.

    So a folder that root used once (sudo) still serves its owner. Raises OSError.
    """
    descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def read_note(folder: Path) -> Path | None:
    """Return the socket's folder as the last keeper noted it, None when there is no note.

    A note that came here with a copy of the whole folder speaks of the original's server.
    """
    try:
        note = json.loads((folder / NOTE).read_bytes())
        return Path(note["socket"]) if note["folder"] == _folder_identity(folder) else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def write_note(folder: Path, sockets: Path) -> None:
    """Note the socket's folder, and this process as the keeper. Raises OSError."""
    note = {"socket": str(sockets), "folder": _folder_identity(folder), "keeper": os.getpid()}
    new = folder / f"{NOTE}.new"
    try:
        new.write_text(json.dumps(note))
        new.replace(folder / NOTE)
    except OSError:  # the disk is full
        new.unlink(missing_ok=True)
        raise


def read_postmaster(folder: Path) -> tuple[int, str]:
    """Return pid and status (``starting``, ``ready``, ``stopping`` or empty) of postmaster.pid.

    ``(0, "")`` when there is none. They are its lines 1 and 8 (PostgreSQL's miscadmin.h).
    """
    try:
        lines = (folder / DATA / "postmaster.pid").read_text(errors="replace").splitlines()
        return int(lines[0]), "".join(lines[7:8]).strip()
    except (FileNotFoundError, ValueError, IndexError):
        return 0, ""


def is_server_process(pid: int, sockets: Path) -> bool:
    """Return whether that process lives and is the server (or a part of it) of that socket folder.

    A pid alone may long be another's.
    """
    return bool(_server_pids({pid: _command_line(pid)}, sockets))


def server_processes(sockets: Path) -> list[int]:
    """Return the pids of the server of that socket folder and of all its parts, orphans too."""
    if not Path("/proc/self").exists():  # macOS
        table = subprocess.run(
            ["ps", "-axww", "-o", "pid=,args="], capture_output=True, text=True, check=True
        )
        rows = (line.split(None, 1) for line in table.stdout.splitlines())
        return _server_pids({int(row[0]): row[-1] for row in rows}, sockets)
    pids = [int(name.name) for name in Path("/proc").iterdir() if name.name.isdecimal()]
    return _server_pids({pid: _command_line(pid) for pid in pids}, sockets)


def failure_reason(output: str, folder: Path) -> str:
    """Return the one line of the server's or of initdb's output that says why it failed."""
    for pattern in (r"(?:FATAL|PANIC):\s+(.*)", r"(?:ERROR|error):\s+(.*)"):
        if found := re.findall(pattern, output):
            return str(found[-1]).strip()
    if not os.statvfs(folder).f_bavail:
        return "No space left on device"  # not even for the line that says so
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "its log is empty"


def _folder_identity(folder: Path) -> list[int]:
    status = folder.stat()
    return [status.st_dev, status.st_ino]


def _command_line(pid: int) -> str:
    """Return the command line, which anybody may read (unlike the working directory)."""
    if Path("/proc/self").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        return ""
    command = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _server_pids(commands: dict[int, str], sockets: Path) -> list[int]:
    """Return the pids whose command line bears the server's cluster_name.

    That is the name of the socket's folder. A part of the server shows as ``postgres: <name>: …``
    in place of its command line, a zombie as nothing.
    """
    name = re.escape(sockets.name)
    server = re.compile(
        rf"postgres: {name}: |[^\0]*/postgres[\0 ].*\bcluster_name={name}\b", re.DOTALL
    )
    return [pid for pid, command in commands.items() if server.match(command)]
