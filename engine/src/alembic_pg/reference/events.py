"""Write docs/events.md from the events."""

from __future__ import annotations

from alembic_pg.events import EVENTS
from alembic_pg.reference import markdown

_HEAD = """\
# Events of a run

Written by `python -m alembic_pg.reference docs`, of the events in `src/alembic_pg/events.py`.

`alembic -x json upgrade head`, or `ALEMBIC_JSON=on`, writes each event of a run as one line of
JSON on the standard error, for a collector of logs. A failure is an event, too; the sentence
`FAILED: …` of the command follows it as text, and the exit code is the same as without.

Each line has `time` (UTC, ISO 8601), `event`, and `message`, the line that a person would read.
Times in seconds.
"""


def page() -> str:
    """Return docs/events.md."""
    rows = [
        (f"`{one.name}`", one.when, "; ".join(f"`{name}`: {it}" for name, it in one.facts.items()))
        for one in EVENTS
    ]
    return f"{_HEAD}\n{markdown.table(('event', 'when', 'what else it has'), rows)}\n"
