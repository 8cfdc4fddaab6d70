"""Print which revision runs, and how far its batches are."""

from __future__ import annotations

import logging
import sys
import time
from dataclasses import dataclass, field

from alembic_pg import events

# Alembic says "Running upgrade a -> b, message" through this logger, among words about itself.
_LOGGER = "alembic.runtime.migration"

# Seconds: nothing is shown of what is done sooner; between two lines of a log, of a terminal.
_SILENT, _LOG, _TERMINAL = 1.0, 10.0, 0.2

_BAR_WIDTH = 20


def show_revisions(*, quiet: bool = False) -> None:
    """Show one line on the standard error for each revision that runs, unless ``quiet``."""
    if quiet:
        return
    logger = logging.getLogger(_LOGGER)
    if not any(isinstance(handler, _RevisionLineHandler) for handler in logger.handlers):
        logger.addHandler(_RevisionLineHandler())
        logger.setLevel(logging.INFO)
        logger.propagate = False


class _RevisionLineHandler(logging.Handler):
    def filter(self, record: logging.LogRecord) -> bool:
        return str(record.msg).startswith("Running ")

    def emit(self, record: logging.LogRecord) -> None:
        events.tell(events.REVISION, record.getMessage())


@dataclass
class Progress:
    """How far the work on a table is, on the standard error: a bar on a terminal, else lines.

    label: what the line begins with.
    began, last_shown: times of the monotonic clock, in seconds.
    last_note: the last reason that was given for a pause.
    """

    label: str
    began: float = field(default_factory=time.monotonic)
    last_shown: float = 0.0
    last_note: str = ""

    def update(self, share: float, rows: int) -> None:
        """Tell which share of the work is done, from 0 to 1, and how many rows it has changed."""
        now = time.monotonic()
        passed = now - self.began
        terminal = sys.stderr.isatty() and not events.is_json()
        if passed < _SILENT or now - self.last_shown < (_TERMINAL if terminal else _LOG):
            return
        self.last_shown = now
        left = passed / share - passed if share else 0.0
        rate = rows / passed
        text = f"{rows:,} rows, {share:.0%}, {rate:,.0f} rows/s, {_duration(left)} left"
        if terminal:
            from alembic_pg.console.status import LINE  # noqa: PLC0415  # only on a terminal

            LINE.bar = _bar_line(self.label, share, text)
            LINE.draw()
        else:
            events.tell(
                events.PROGRESS,
                f"{self.label}: {text}",
                table=self.label,
                rows=rows,
                share=round(share, 3),
            )

    def explain_pause(self, text: str) -> None:
        """Tell once why it does not go on."""
        if text != self.last_note:
            self.last_note = text
            events.tell(events.WAITING, f"{self.label}: {text} …")

    def close(self) -> None:
        """Take the bar away; contextlib.closing() calls this."""
        if self.last_shown and sys.stderr.isatty() and not events.is_json():
            from alembic_pg.console.status import LINE  # noqa: PLC0415  # only on a terminal

            LINE.bar = ""
            LINE.erase()


def _bar_line(label: str, share: float, text: str) -> str:
    """Return a line with a bar, which is left out where the window is too narrow for it."""
    from alembic_pg.console import screen  # noqa: PLC0415  # only on a terminal

    most = screen.width(sys.stderr) - 1
    bar = "█" * round(share * _BAR_WIDTH)
    whole = f"{label} {bar:░<{_BAR_WIDTH}} {text}"
    return whole if len(whole) <= most else f"{label} {text}"[:most]


def _duration(seconds: float) -> str:
    """Return a time as minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
