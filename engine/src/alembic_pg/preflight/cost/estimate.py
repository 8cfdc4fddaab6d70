"""Estimate how long a pending statement lasts and how much space it needs, from a measured rate."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.strategies.strategy import (
    REWRITE,
    REWRITE_IN_BATCHES,
    SCAN,
    SCAN_BESIDE_TRAFFIC,
)
from alembic_pg.preflight.cost.index_width import bytes_for_each_row
from alembic_pg.preflight.cost.share_of_rows import share_of_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.plan.revision_plan import StatementPlan
    from alembic_pg.preflight.count import Counter
    from alembic_pg.preflight.demand import Finding

# Bytes of a table that are read to learn how fast that goes.
_SAMPLE = 32 * 1024 * 1024

# What else the server does at the moment makes one try long; the shortest counts.
_TRIES = 2

# How many times as long as reading a table, by what a statement does. Measured by
# benchmarks/preflight.py against runs, on tables of 400,000 and 2,000,000 rows.
_INDEX = 4.0
_REWRITE = 8.0
_BATCHES = 40.0

# Bytes of an index for each row where nothing is known of it: an entry with a key of eight bytes.
_INDEX_ENTRY = 24

# The estimate is this many times too long or too short, at most, in four of five runs.
UNCERTAINTY = 2.0


@dataclass(frozen=True)
class Estimate:
    """What a statement takes.

    seconds: None where nobody can tell, of a statement that lasts for a moment 0. space: bytes
    that it needs beside what there is, until the old rows are vacuumed.
    """

    seconds: float | None
    space: int

    @property
    def low(self) -> float | None:
        """The shortest that is likely."""
        return None if self.seconds is None else self.seconds / UNCERTAINTY

    @property
    def high(self) -> float | None:
        """The longest that is likely."""
        return None if self.seconds is None else self.seconds * UNCERTAINTY


class Speed:
    """How fast the target reads its tables; each is measured once."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._seconds: dict[str, float | None] = {}

    def seconds_to_read(self, table: str, size: int) -> float | None:
        """Return how long reading all of a table takes; None where it cannot be read."""
        if table not in self._seconds:
            try:
                self._seconds[table] = self._measure(table, size)
            except DBAPIError:
                self._seconds[table] = None
        return self._seconds[table]

    def bytes_of_index(self, planned: StatementPlan) -> int:
        """Return about how large the index of a statement becomes."""
        rows = planned.rows or 0
        each = bytes_for_each_row(self._counter, planned.table, planned.sql, rows)
        return int(rows * (_INDEX_ENTRY if each is None else each))

    def share_of_rows(self, planned: StatementPlan) -> float:
        """Return which part of the rows of its table a statement changes."""
        return share_of_rows(self._counter, planned)

    def _measure(self, table: str, size: int) -> float:
        part = min(1.0, _SAMPLE / max(size, 1))
        sample = f"SELECT count(t.*) FROM {table} AS t TABLESAMPLE SYSTEM ({part * 100})"  # noqa: S608  # a name
        took = []
        for _ in range(_TRIES):
            began = time.monotonic()
            self._counter.read(sample)
            took.append(time.monotonic() - began)
        return min(took) / part


def estimate(planned: StatementPlan, findings: Sequence[Finding], speed: Speed) -> Estimate:
    """Return what a statement takes. findings: what its rows say to it, with how long that took."""
    if planned.is_done or planned.size is None or not planned.table:
        return Estimate(0.0, 0)
    effect, steps = planned.summary.effect, planned.summary.steps
    reads, space = _cost(planned, effect, steps, speed)
    if not reads:
        return Estimate(0.0, 0)
    asked = [
        one.seconds
        for one in findings
        if one.count is not None and not one.at_least and one.together == 1
    ]
    if reads == 1 and asked:
        return Estimate(max(asked), space)
    read = speed.seconds_to_read(planned.table, planned.size)
    return Estimate(None if read is None else read * reads, space)


def _cost(planned: StatementPlan, effect: str, steps: str, speed: Speed) -> tuple[float, int]:
    """Return how many times the table is read, as it were, and the bytes that are written."""
    size = planned.size or 0
    if REWRITE_IN_BATCHES in effect:
        share = speed.share_of_rows(planned)
        return max(_BATCHES * share, 1), int(size * share)
    if "index" in planned.operation or "CONCURRENTLY" in steps:
        builds = SCAN in effect or SCAN_BESIDE_TRAFFIC in effect
        return (_INDEX, speed.bytes_of_index(planned)) if builds else (0, 0)
    if REWRITE in effect:
        return _REWRITE, size
    if SCAN in effect or SCAN_BESIDE_TRAFFIC in effect:
        return 1, 0
    return 0, 0
