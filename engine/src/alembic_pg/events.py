"""Tell on the standard error what a run does: a line for a person, or one of JSON for a collector.

A line of JSON has the time, the kind of the event, the line that a person would read, and facts
that depend on the kind; docs/events.md lists them.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from contextlib import suppress
from datetime import UTC, datetime

_as_json = False


def choose_form(*, as_json: bool) -> None:
    """Choose the form of all lines of this process from now on."""
    global _as_json  # noqa: PLW0603  # a command has one standard error
    _as_json = as_json


def is_json() -> bool:
    """Return whether lines are JSON."""
    return _as_json


def tell(event: str, message: str, **facts: object) -> None:
    """Write one line about an event. facts: what else a line of JSON has."""
    if _as_json:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "event": event, "message": message, **facts}
        message = json.dumps(line, ensure_ascii=False)
    elif sys.stderr.isatty():
        message = "\n".join(map(_wrapped, message.splitlines()))
    # Where nobody reads the lines, the work goes on.
    with suppress(OSError):
        sys.stderr.write(f"{message}\n")


def _wrapped(line: str) -> str:
    """Return a line broken between words, where the window is too narrow for it."""
    columns = shutil.get_terminal_size().columns
    with suppress(OSError, ValueError):
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    if len(line) <= columns:
        return line
    return textwrap.fill(
        line, columns, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def tell_failure(message: str) -> None:
    """Write a line of JSON about a failure; a person reads the command's own."""
    if _as_json:
        tell("failed", message)
