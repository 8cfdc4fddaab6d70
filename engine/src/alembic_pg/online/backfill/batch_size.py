"""Adapt the number of rows in a batch to the time that the last batches took.

Time alone would not tell: pages without a row to be changed are quick, and after a hundred of them
comes one that is full.
"""

from __future__ import annotations

from dataclasses import dataclass

# Rows of the first batch; of any.
_FIRST_ROWS, _MOST_ROWS = 500.0, 200_000.0

# Pages that are looked over in one go where nothing is to be done: at first, and at most.
_FIRST_GAP, _WIDEST_GAP = 64, 8_192


@dataclass
class BatchSize:
    """The size of the next batch.

    target_seconds: how long a batch should take.
    rows_per_page: the most rows that a page is known to have.
    rows: that the next batch may change.
    gap_pages: how many pages are looked over at once where nothing is to be done.
    """

    target_seconds: float
    rows_per_page: float
    rows: float = _FIRST_ROWS
    gap_pages: int = _FIRST_GAP

    @property
    def pages(self) -> int:
        """How many pages have no more rows than a batch may."""
        return max(1, int(self.rows / max(self.rows_per_page, 1.0)))

    def adjust(self, pages: int, changed: int, seconds: float) -> None:
        """Note how long a batch took."""
        self.rows_per_page = max(self.rows_per_page, changed / pages)
        # A batch that had few rows shows nothing about one that has many.
        if seconds > self.target_seconds or changed > self.rows / 4:
            factor = min(2.0, max(0.1, self.target_seconds / max(seconds, 0.001)))
            self.rows = min(_MOST_ROWS, max(1.0, self.rows * factor))

    def adjust_gap(self, *, found: bool) -> None:
        """Note whether there was something to be done in ``gap`` pages."""
        self.gap_pages = _FIRST_GAP if found else min(_WIDEST_GAP, self.gap_pages * 2)
