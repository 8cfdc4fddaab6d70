"""Run the tests' server in the machine's memory, where there is room for it.

Hundreds of databases are made and dropped, of three hundred files each. ext4 is slow at that: it
spares the places of files that were removed a moment ago, and looks at each of them for a new one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path

from alembic_pg.embedded import server
from alembic_pg.embedded.lease import has_keeper

_MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108  # Linux keeps it, and everybody may write there
_NEEDED_BYTES = 1 << 30  # bytes, some times what the tests fill
_STOP_TIMEOUT = 10  # seconds for a server to stop


def server_folder(root: Path) -> Path:
    """Return where the tests of a working tree keep their server."""
    tree = hashlib.sha256(f"{os.geteuid()}:{root}".encode()).hexdigest()[:12]
    place = _MEMORY_FOLDER / f"alembic-pg-tests-{tree}"
    return (place if _is_usable(place) else root / ".postgres" / "tests") / "scratch"


def start_server(root: Path) -> server.Server:
    """Start the server, or join those who use it."""
    place = server_folder(root)
    place.parent.parent.mkdir(exist_ok=True)
    return server.start(place, durable=False)


def remove_server(root: Path) -> None:
    """Remove the server's folder, unless somebody uses it."""
    place = server_folder(root)
    deadline = time.monotonic() + _STOP_TIMEOUT
    while place.exists() and time.monotonic() < deadline:
        if not has_keeper(place):
            shutil.rmtree(place.parent, ignore_errors=True)
        time.sleep(0.05)


def _is_usable(place: Path) -> bool:
    """Return whether the folder is this user's, or can be, with room in it."""
    try:
        return place.stat().st_uid == os.geteuid()
    except FileNotFoundError:
        return os.access(_MEMORY_FOLDER, os.W_OK) and _free_bytes() > _NEEDED_BYTES


def _free_bytes() -> int:
    found = os.statvfs(_MEMORY_FOLDER)
    return found.f_bavail * found.f_frsize
