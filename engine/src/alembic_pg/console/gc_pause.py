"""Pause Python's garbage collector during a short command that makes many objects."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def pause_collection(*, ends: bool) -> Iterator[None]:
    """Leave cyclic garbage where it is until the end of the block.

    ends: whether the process ends soon after it, which then need not look for garbage at all.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if ends:
            gc.freeze()
        if running:
            gc.enable()
