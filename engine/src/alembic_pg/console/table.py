"""Print a small table, wrapped to the width of the screen."""

from __future__ import annotations

import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Columns of a usual screen, or of a diff beside another one.
SCREEN_WIDTH = 100


def render(head: Sequence[str], rows: Sequence[Sequence[str]], width: int = 0) -> str:
    """Return rows under a head, each column as wide as its longest text.

    width: of the whole, if that is limited: the widest columns are wrapped then, between words.
    """
    lines = [head, *rows]
    columns = [[line[column] for line in lines] for column in range(len(head))]
    widths = [max(map(len, column)) for column in columns]
    least = [
        max(len(word) for text in column for word in [*text.split(), ""]) for column in columns
    ]
    while width and sum(widths) + 2 * (len(widths) - 1) > width:
        spare = [wide if wide > need else 0 for wide, need in zip(widths, least, strict=True)]
        if not any(spare):
            break
        widths[spare.index(max(spare))] -= 1
    return "\n".join(
        "  ".join(text.ljust(wide) for text, wide in zip(part, widths, strict=True)).rstrip()
        for line in lines
        for part in _wrap_row(line, widths)
    )


def _wrap_row(line: Sequence[str], widths: Sequence[int]) -> list[tuple[str, ...]]:
    """Return the lines on the screen of one row."""
    cells = [
        textwrap.wrap(text, wide, break_long_words=False, break_on_hyphens=False) or [""]
        if len(text) > wide
        else [text]
        for text, wide in zip(line, widths, strict=True)
    ]
    return list(zip_longest(*cells, fillvalue=""))
