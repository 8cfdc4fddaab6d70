"""The tests' server in the machine's memory, where there is room for it.

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

_MEMORY = Path("/dev/shm")  # noqa: S108  # Linux keeps it, and everybody may write there
_ROOM = 1 << 30  # bytes, some times what the tests fill
_PATIENCE = 10  # seconds for a server to stop


def folder(root: Path) -> Path:
    """Return where the tests of a working tree keep their server."""
    tree = hashlib.sha256(f"{os.geteuid()}:{root}".encode()).hexdigest()[:12]
    place = _MEMORY / f"alembic-pg-tests-{tree}"
    return (place if _is_ours(place) else root / ".postgres" / "tests") / "scratch"


def start(root: Path) -> server.Server:
    """Start the server, or join those who use it."""
    place = folder(root)
    place.parent.parent.mkdir(exist_ok=True)
    return server.start(place, durable=False)


def remove(root: Path) -> None:
    """Remove the server's folder, unless somebody uses it."""
    place = folder(root)
    deadline = time.monotonic() + _PATIENCE
    while place.exists() and time.monotonic() < deadline:
        if not has_keeper(place):
            shutil.rmtree(place.parent, ignore_errors=True)
        time.sleep(0.05)


def _is_ours(place: Path) -> bool:
    """Return whether the folder is this user's, or can be, with room in it."""
    try:
        return place.stat().st_uid == os.geteuid()
    except FileNotFoundError:
        return os.access(_MEMORY, os.W_OK) and _room() > _ROOM


def _room() -> int:
    found = os.statvfs(_MEMORY)
    return found.f_bavail * found.f_frsize
