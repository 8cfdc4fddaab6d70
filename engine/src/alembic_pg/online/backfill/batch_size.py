"""Adapt the number of rows in a batch to the time that the last batches took.

Time alone would not tell: pages without a row to be changed are quick, and after a hundred of them
comes one that is full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_pg.sql.row_ranges import Place

# Rows of the first batch; of any.
_FIRST_ROWS, _MOST_ROWS = 500.0, 200_000.0

# Bytes of the first batch: a long text or document is read, and often written, from end to end.
_FIRST_BYTES = 256 * 1024

# From which on a page is not changed at once.
_PAGE_SECONDS = 0.2

# The least time, in seconds, after which a batch is given up: others wait for its rows.
_LEAST_LIMIT = 0.1

# Of how many usual batches one has the pages at most, where few of their rows are to be changed.
_WIDEST_STRETCH = 64

# Pages that are looked over in one go where nothing is to be done: at first, and at most.
_FIRST_GAP, _WIDEST_GAP = 64, 8_192


@dataclass
class BatchSize:
    """The size of the next batch.

    target_seconds: how long a batch should take.
    rows_per_page: the most rows that a page is known to have.
    rows: that the next batch may change.
    gap_pages: how many pages are looked over at once where nothing is to be done.
    row_seconds: how long one row took.
    wide: whether a page has much that is stored elsewhere (TOAST).
    stretch: of how many usual batches the next one has the pages, since few of their rows are to be
    changed; where that turns out to be wrong, it reaches its time limit and is taken back.
    """

    target_seconds: float
    rows_per_page: float
    rows: float = _FIRST_ROWS
    gap_pages: int = _FIRST_GAP
    row_seconds: float = 0.0
    wide: bool = False
    stretch: int = 1

    @classmethod
    def for_table(cls, aim: float, density: float, page_bytes: float) -> BatchSize:
        """Return the size of a table's first batch.

        page_bytes: what a page has, with what is stored elsewhere of its rows (TOAST).
        """
        rows = _FIRST_BYTES * max(density, 1.0) / max(page_bytes, 1.0)
        wide = page_bytes > 4 * _FIRST_BYTES
        return cls(aim, density, max(1.0, min(_FIRST_ROWS, rows)), wide=wide)

    @property
    def pages(self) -> int:
        """How many pages have no more rows to be changed than a batch may."""
        return max(1, int(self.rows * self.stretch / max(self.rows_per_page, 1.0)))

    @property
    def slots(self) -> int:
        """How many rows of one page a batch may have where a page takes too long, else 0."""
        slow = self.row_seconds * self.rows_per_page > max(self.target_seconds, _PAGE_SECONDS)
        return int(self.rows) if (self.wide or slow) and self.rows < self.rows_per_page else 0

    @property
    def limit_ms(self) -> int:
        """Milliseconds after which the next batch is given up, 0 where it cannot be smaller."""
        smallest = int(self.rows) == 1 and self.stretch == 1
        return 0 if smallest else int(1000 * max(2 * self.target_seconds, _LEAST_LIMIT))

    def halve(self) -> None:
        """Let the next batch have half of the rows, or a part of a page: this one took too long."""
        if self.stretch > 1:
            self.stretch = 1
            return
        self.rows = max(1.0, min(self.rows, self.pages * max(self.rows_per_page, 1.0)) / 2)
        self.wide = True

    def next_place(self, page: int, slot: int, slots: int) -> Place:
        """Return where a batch ends that begins at a place. slots: the most rows of a page."""
        if self.slots:
            return (page, slot + self.slots) if slot + self.slots < slots else (page + 1, 0)
        return (page + (1 if slot else self.pages), 0)

    def adjust(self, pages: int, changed: int, seconds: float) -> None:
        """Note how long a batch took. pages: 0 for a part of one."""
        if changed:
            self.row_seconds = seconds / changed
        if pages:
            self.rows_per_page = max(self.rows_per_page, changed / pages)
        few = changed <= self.rows / 4
        if not changed or seconds > self.target_seconds:
            self.stretch = 1
        elif pages and few and seconds <= self.target_seconds / 4:
            self.stretch = min(_WIDEST_STRETCH, self.stretch * 2)
        elif not few:
            self.stretch = max(1, self.stretch // 2)
        # A batch that had few rows shows nothing about one that has many.
        if seconds > self.target_seconds or not few:
            factor = min(2.0, max(0.1, self.target_seconds / max(seconds, 0.001)))
            self.rows = min(_MOST_ROWS, max(1.0, self.rows * factor))

    def adjust_gap(self, *, found: bool) -> None:
        """Note whether there was something to be done in ``gap`` pages."""
        self.gap_pages = _FIRST_GAP if found else min(_WIDEST_GAP, self.gap_pages * 2)
