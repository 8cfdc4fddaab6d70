"""Folders for servers: one that every account may enter, and one with a whole cluster."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.embedded import server, server_files
from tests.embedded.tools import Tools

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def open_to_all() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="alembic-pg-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def borrowed(kept: Path, place: Path) -> Iterator[Path]:
    """Move a cluster to a test and back, if the test leaves it whole."""
    if not kept.exists():
        running = server.start(kept, durable=kept.name == "durable")
        running.release()
        Tools.ended(kept, running.socket_directory)
    kept.rename(place)
    (place / server_files.LOG).unlink(missing_ok=True)
    yield place
    Tools.until(lambda: not Tools.below(place))
    whole = (place / server_files.DATA / "global" / "pg_control").exists()
    if whole and (place / server_files.DATA / "PG_VERSION").read_text() == "18\n":
        place.rename(kept)
