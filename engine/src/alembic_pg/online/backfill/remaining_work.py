"""Estimate which share of a table's rows is done, to tell how long the rest takes.

Pages alone do not tell: where rows were deleted, thousands of them may be empty.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TableScan:
    """A look through all pages of a table.

    pages: how many the table has.
    rows: how many rows it has as far as the server knows, 0 where it does not.
    every_row: whether each row that is met is to be changed.
    """

    pages: int
    rows: float
    every_row: bool

    def share_done(self, page: int, changed: int, rows_per_page: float) -> float:
        """Return the share of the work that is done, from 0 to 1.

        page: the first page that is still to be looked at. changed: how many rows were changed so
        far. rows_per_page: the most rows that a page has.

        The rest has no more rows than its pages can have, and none of those that were changed.
        """
        page = min(page, self.pages)
        if not self.rows:
            return page / self.pages
        left = (self.pages - page) * rows_per_page
        if not self.every_row and page:
            left = min(left, changed / page * (self.pages - page))
        left = min(left, max(0.0, self.rows - changed))
        return changed / (changed + left) if changed or left else 1.0
