"""The page of the documentation that shows what the traffic benchmark measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.traffic import Measured

HEAD = (
    *("change", "round trip ms", "by", "writer ms", "reader ms", "lock ms", "failed"),
    *("work s", "of stock's", "server s", "of stock's", "rows/s", "of those at 0 ms", "MB"),
)

TEXT = """# Beside traffic, measured

Written by `python -m benchmarks.traffic --page docs/traffic.md`. While `alembic upgrade head` makes
one change, three sessions write to the table and two read it. Stock Alembic and this engine make it
by turns, each on a fresh copy of the table: *usual* and *8 partitions* have {rows:,} rows, *wide*
has 400 with a text of 150 kB each. The client is 0, 10 or 40 ms away from the server, there and
back, by a proxy that delays what goes each way; *+ reader* is a session that keeps a transaction
open for three seconds. These figures are of two processors: by the
clock, stock Alembic and this engine can be compared with each other, and with no other machine.

- *writer*, *reader*: the longest statement of one; beside nothing, a writer waited {quiet:.0f} ms.
- *lock*: the longest time for which a lock on the table let nobody write.
- *failed*: statements of others that failed.
- *work*: seconds of the command without those of one that has nothing to do, and how many times
  those of stock Alembic; *server*: of the server's processor, of which other work on the machine
  takes nothing.
- *rows/s*: of what writes all rows, while it does, and the share of its rate at no distance.
- *MB*: the room that it took beside the table.

{table}
"""


def render(found: Sequence[Measured], rows: int, quiet: float) -> str:
    """Return the page. rows: of the usual tables. quiet: seconds of a writer beside nothing."""
    lines = [HEAD, ("---",) * len(HEAD), *(cells(one, found) for one in found)]
    drawn = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return TEXT.format(rows=rows, quiet=quiet * 1000, table=drawn)


def cells(one: Measured, found: Sequence[Measured]) -> tuple[str, ...]:
    """Return a line of the table. found: all that was measured, for what is compared."""
    stock = _other(found, one, "stock", one.distance, beside=one.beside)
    near = _other(found, one, one.by, 0.0, beside=False)
    rate = one.rows / one.writing if one.writing else 0.0
    near_rate = near.rows / near.writing if near and near.writing else 0.0
    return (
        one.change,
        f"{one.distance * 1000:.0f}" + (" + reader" if one.beside else ""),
        one.by,
        f"{one.writer * 1000:.0f}",
        f"{one.reader * 1000:.0f}",
        f"{one.lock * 1000:.0f}",
        str(one.failed),
        f"{one.work:.1f}",
        f"{one.work / stock.work:.1f}" if one.by == "here" and stock and stock.work else "",
        f"{one.server:.1f}",
        f"{one.server / stock.server:.1f}" if one.by == "here" and stock and stock.server else "",
        f"{rate:,.0f}" if rate else "",
        f"{rate / near_rate:.0%}" if rate and near_rate and one.distance else "",
        f"{one.megabytes:.0f}",
    )


def _other(
    found: Sequence[Measured], one: Measured, by: str, distance: float, *, beside: bool
) -> Measured | None:
    wanted = (one.change, by, distance, beside)
    same = (each for each in found if (each.change, each.by, each.distance, each.beside) == wanted)
    return next(same, None)
