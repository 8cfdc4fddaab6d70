"""Handle a standard output that nobody reads, or that cannot be written: ``history | head -1``.

The interpreter writes what is left at its very end, and prints a traceback where that fails.
"""

from __future__ import annotations

import atexit
import os
import select
import sys
from typing import TYPE_CHECKING

from alembic_pg.console import exit_signals

if TYPE_CHECKING:
    from typing import TextIO


def install() -> None:
    """Write what is left at the end of the process, and let there be an output, be it closed.

    Else the next socket would get its number.
    """
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
            setattr(sys, name, os.fdopen(number, "w", closefd=False))
    atexit.register(flush_at_exit)


def is_reader_gone() -> bool:
    """Return whether the reader of the standard output, or of the standard error, is gone."""
    if not hasattr(select, "poll"):  # Windows
        return True
    poll = select.poll()
    poll.register(1, 0)
    poll.register(2, 0)
    return any(events & select.POLLERR for _, events in poll.poll(0))


def flush_or_drop(stream: TextIO) -> None:
    """Write what is left of a stream, or drop it: the interpreter would fail over it."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def flush_at_exit() -> None:
    """Write what is left at the end of the process.

    Where nobody reads the output, end as other programs do; where it cannot be written
    (the disk is full, say), by a sentence and exit code 1. Lines about the work are dropped.
    """
    flush_or_drop(sys.stderr)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        exit_signals.exit_by_broken_pipe()
    except OSError as error:
        sys.stderr.write(f"FAILED: The output cannot be written ({error.strerror}).\n")
        flush_or_drop(sys.stderr)
        os._exit(1)
