"""Tell on the standard error what a run does: a line for a person, or one of JSON for a collector.

A line of JSON has the time, the name of the event, the line that a person would read, and the facts
of that event. docs/events.md is written from the events here.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Event:
    """Something that a run tells.

    name: as a line of JSON has it. when: it is told. facts: what else a line of JSON has, and what
    each means.
    """

    name: str
    when: str
    facts: Mapping[str, str] = field(default_factory=dict)


BEGIN = Event(
    "begin",
    "before the first revision",
    {
        "at": "list of the revisions that the database is at",
        "to": "list of those to which the run leads",
        "revisions": "how many run",
    },
)
NOTHING_TO_DO = Event(
    "nothing to do",
    "instead of `begin`, where the database is there already",
    {"at": "list of the revisions that it is at"},
)
REVISION = Event("revision", "a revision begins")
REVISION_DONE = Event(
    "revision done",
    "a revision is committed",
    {
        "revision": "its id",
        "seconds": "how long it took",
        "at": "list of the revisions that the database is at now",
    },
)
DONE = Event(
    "done",
    "the run has ended",
    {
        "at": "list of the revisions that the database is at",
        "seconds": "how long it took; not there where a half-done revision was taken back",
    },
)
PROGRESS = Event(
    "progress",
    "every ten seconds of a change in batches or of building an index",
    {
        "table": "the revision, and the table that is changed",
        "rows": "how many rows are done",
        "share": "how much of the work is done, from 0 to 1",
    },
)
WAITING = Event(
    "waiting",
    "for a lock, a transaction or a replica",
    {"pid": "of whom a long step waits for, 0 for a prepared transaction; not there for a lock"},
)
WAITING_FOR_RUN = Event(
    "waiting for a run", "another run is at work", {"seconds": "how long it was waited for so far"}
)
RUN_ENDED = Event("run ended", "the other run has ended")
WAITING_FOR_SERVER = Event(
    "waiting for the server", "the server does not answer yet (`-x wait=30s`)"
)
WARNING = Event("warning", "a person should know something that stops nothing")
RESUMED = Event("resumed", "the server ended the session of a frozen run, which goes on")
TAKEN_BACK = Event("taken back", "a statement of a half-done revision is taken back")
FAILED = Event("failed", "the command fails; `message` is the sentence after `FAILED:`")

EVENTS = (
    BEGIN,
    NOTHING_TO_DO,
    REVISION,
    REVISION_DONE,
    DONE,
    PROGRESS,
    WAITING,
    WAITING_FOR_RUN,
    RUN_ENDED,
    WAITING_FOR_SERVER,
    WARNING,
    RESUMED,
    TAKEN_BACK,
    FAILED,
)

_as_json = False


def choose_form(*, as_json: bool) -> None:
    """Choose the form of all lines of this process from now on."""
    global _as_json  # noqa: PLW0603  # a command has one standard error
    _as_json = as_json


def is_json() -> bool:
    """Return whether lines are JSON."""
    return _as_json


def tell(event: Event, message: str, **facts: object) -> None:
    """Write one line about an event. facts: what else a line of JSON has."""
    if _as_json:
        message = _json_line(event, message, facts)
    elif sys.stderr.isatty():
        message = "\n".join(map(_wrapped, message.splitlines()))
    # Where nobody reads the lines, the work goes on.
    with suppress(OSError):
        sys.stderr.write(f"{message}\n")


def _json_line(event: Event, message: str, facts: Mapping[str, object]) -> str:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"time": at, "event": event.name, "message": message, **facts}
    return json.dumps(line, ensure_ascii=False)


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
        tell(FAILED, message)


def failure_lines(message: str) -> str:
    """Return the last lines of a command that fails, where they are not written as usual."""
    told = f"{_json_line(FAILED, message, {})}\n" if _as_json else ""
    return f"{told}FAILED: {message}\n"


@contextmanager
def failure_told() -> Iterator[None]:
    """Tell a collector where the block fails, for a caller who prints no sentence about it."""
    try:
        yield
    except Exception as error:
        tell_failure(str(error))
        raise
