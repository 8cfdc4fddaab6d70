"""Show on the last line of a terminal what a command is doing and how far it is.

In a file or a log nothing of it stands: what is worth a line there is told by `events`.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO, TypeVar

from alembic_pg import events

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

Item = TypeVar("Item")

# Seconds: of a command, and of a step in another one, nothing is shown before; between two times
# that the line is drawn; from which on a step says how long it has been at work.
_SILENT, _INTERVAL, _LONG = 1.0, 0.2, 3.0

# Moves to the first column, where another program's line may begin, and clears what is right of it.
_BEGIN, _CLEAR = "\r", "\033[K"


@dataclass
class Step:
    """Hold one thing that a command does.

    text: what. unit, total: of what it consists, and of how many; 0 where nobody knows.
    done: how many have begun. thread: the one that does it.
    """

    text: str
    unit: str = ""
    total: int = 0
    done: int = 0
    began: float = field(default_factory=time.monotonic)
    thread: int = field(default_factory=threading.get_ident)

    def __str__(self) -> str:
        """Return the line that tells of it."""
        far = f": {self.unit} {self.done:,} of {self.total:,}" if self.total and self.done else ""
        return f"{self.text}{far}"


class StatusLine:
    """Own the last line of the terminal: draw it, and take it away before anything else is written.

    bar: a line that is shown in place of the steps.
    """

    def __init__(self) -> None:
        self.bar = ""
        self._lock = threading.RLock()
        self._steps: list[Step] = []
        self._began = self._opened = 0.0
        self._is_drawn = False
        self._is_inside_line = False
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._forward: Callable[[str, int, int], None] | None = None
        self._forwarded = 0.0

    @contextmanager
    def open(self) -> Iterator[None]:
        """Show steps until the block ends, where the standard error is a terminal."""
        if self._opened or not _is_terminal():
            yield
            return
        self._opened = time.monotonic()
        self._began = self._began or self._opened
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = (_Stream(one, self) if one.isatty() else one for one in before)
        try:
            yield
        finally:
            self.erase()
            self._opened = 0.0
            sys.stdout, sys.stderr = before

    def forward(self, send: Callable[[str, int, int], None]) -> None:
        """Hand on what `reached` is told, and draw nothing: another process has the terminal."""
        self._opened = 0.0
        self._forward = send

    @contextmanager
    def doing(self, text: str) -> Iterator[None]:
        """Show what the block does; `reached` tells how far it is."""
        if not self._opened:
            yield
            return
        step = Step(text)
        with self._lock:
            self._steps.append(step)
        self._begin()
        try:
            yield
        finally:
            with self._lock:
                self._steps.remove(step)
                is_last = not self._steps
            if is_last:
                self._end()

    def reached(self, unit: str, done: int, total: int) -> None:
        """Tell how far the step is that this thread has begun last.

        unit: of what it consists. done: how many have begun, of how many in total.
        """
        now = time.monotonic()
        if self._forward is not None and now - self._forwarded >= _INTERVAL:
            self._forwarded = now
            self._forward(unit, done, total)
        elif self._opened:
            mine = threading.get_ident()
            with self._lock:
                steps = [step for step in self._steps if step.thread == mine]
            if steps:
                steps[-1].unit, steps[-1].done, steps[-1].total = unit, done, total

    def draw(self) -> None:
        """Draw the line now, as far as the window is wide."""
        with self._lock:
            text = self.bar or _fitting(self._text())
            if not text or self._is_inside_line:
                return
            self._write(f"{_BEGIN}{text}{_CLEAR}{_BEGIN}")
            self._is_drawn = True

    def _text(self) -> str:
        """Return the last step after the one that says how far the whole is, and since when."""
        if not self._steps:
            return ""
        last = self._steps[-1]
        nested = [step for step in self._steps if step.thread == last.thread]
        head = next((step for step in nested if step.total > 1), nested[-2:][0])
        now = time.monotonic()
        is_told = head is not last and now - last.began >= _SILENT
        more = f", {last.text[0].lower()}{last.text[1:]}" if is_told else ""
        seconds = now - nested[0].began
        return f"{head}{more}" + (f" ({seconds:.0f} s)" if seconds >= _LONG else "")

    def erase(self) -> None:
        """Take the line away, if it is there."""
        with self._lock:
            if self._is_drawn:
                self._write(f"{_BEGIN}{_CLEAR}")
            self._is_drawn = False

    def write(self, stream: TextIO, text: str) -> int:
        """Write what somebody else has to say, without the line."""
        with self._lock:
            self.erase()
            if text:
                self._is_inside_line = not text.endswith(("\n", "\r"))
            return stream.write(text)

    def _write(self, text: str) -> None:
        stream = sys.stderr.stream if isinstance(sys.stderr, _Stream) else sys.stderr
        with suppress(OSError, ValueError):  # where nobody reads it, the work goes on
            stream.write(text)
            stream.flush()

    def _begin(self) -> None:
        """Let a thread draw while something is done; outside of steps a process may be forked."""
        if self._thread is None and self._opened:
            self._over.clear()
            self._thread = threading.Thread(target=self._draw_often, daemon=True)
            self._thread.start()

    def _end(self) -> None:
        thread, self._thread = self._thread, None
        self._over.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        self.erase()

    def _draw_often(self) -> None:
        over = self._over
        while not over.wait(max(_INTERVAL, self._began + _SILENT - time.monotonic())):
            self.draw()


class _Stream:
    """A standard stream that takes the line away before it writes."""

    def __init__(self, stream: TextIO, line: StatusLine) -> None:
        self.stream = stream
        self._line = line

    def write(self, text: str) -> int:
        return self._line.write(self.stream, text)

    def writelines(self, lines: Collection[str]) -> None:
        self.write("".join(lines))

    def __getattr__(self, name: str) -> object:
        return getattr(self.stream, name)


# A process has one terminal.
LINE = StatusLine()

doing = LINE.doing


reached = LINE.reached


def counted(items: Collection[Item], text: str, unit: str) -> Iterator[Item]:
    """Yield items, and show which of them is at work, until the last one is done."""
    with doing(text):
        for number, item in enumerate(items, 1):
            reached(unit, number, len(items))
            yield item


def _is_terminal() -> bool:
    return sys.stderr.isatty() and not events.is_json() and os.environ.get("TERM") != "dumb"


def _fitting(text: str) -> str:
    """Return a text in one line of the window, cut where it is longer."""
    if not text:
        return ""
    from rich.text import Text  # noqa: PLC0415  # only of what takes a second

    from alembic_pg.console import screen  # noqa: PLC0415  # as above

    line = Text(" ".join(text.split()), style=screen.STATUS)
    line.truncate(screen.width(sys.stderr) - 1, overflow="ellipsis")
    return screen.draw(line, sys.stderr)
