"""Open the server of scratch databases, and show meanwhile that this is what takes its time."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from alembic_pg.console import status
from alembic_pg.database import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer


@contextmanager
def open_scratch_server(root: Path) -> Iterator[ScratchServer]:
    """Yield what `database.scratch.scratch_server` yields, in the same way."""
    with ExitStack() as stack:
        with status.doing("Starting the server of scratch databases"):
            databases = stack.enter_context(scratch.scratch_server(root))
        yield databases
