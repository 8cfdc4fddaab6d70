"""Draw a small table, which fits the screen."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from alembic_pg.console import screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_GAP = 2

# A text of so many letters, such as a size with its unit, stays in one line.
_SHORT = 8

# A name of so many letters stays in one line, as long as anything else can give way.
_LONG_NAME = 24

# What a long name consists of.
_NAME_PART = re.compile(r"[^._]*[._]+|[^._]+")


def render(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    style_of: Callable[[Sequence[str]], str] = lambda _: "",
) -> str:
    """Return rows under a head, wrapped between words where the screen is too narrow.

    A column that is empty in every row is left out. style_of: gives the colour of a row, "" for
    none.
    """
    shown = [at for at in range(len(head)) if not rows or any(row[at] for row in rows)]
    lines = [[_printable(row[at]) for at in shown] for row in (head, *rows)]
    if not sys.stdout.isatty() and (plain := _plain(lines, screen.PLAIN_WIDTH)):
        return plain
    from rich.table import Table  # noqa: PLC0415  # only where something is drawn
    from rich.text import Text  # noqa: PLC0415  # as above

    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style=screen.HEAD)
    widths = _column_widths(lines, screen.width())
    for name, wide in zip(lines[0], widths, strict=True):
        table.add_column(Text(_broken(name, wide)), width=wide, overflow="fold")
    for row, line in zip(rows, lines[1:], strict=True):
        cells = [Text(_broken(text, wide)) for text, wide in zip(line, widths, strict=True)]
        table.add_row(*cells, style=style_of(row) or None)
    return screen.draw(table)


def _plain(lines: Sequence[Sequence[str]], limit: int) -> str:
    """Return what rich makes of lines in which nothing is to be broken or coloured, else "".

    A check that finds a difference would wait for its import alone.
    """
    if not lines[0] or not all(text.isascii() for line in lines for text in line):
        return ""  # some signs are two columns wide
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if sum(widths) + _GAP * (len(widths) - 1) > limit:
        return ""
    gap = " " * _GAP
    return "\n".join(gap.join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _printable(text: str) -> str:
    """Return a text in which nothing moves the cursor, or colours the rest of the screen."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _column_widths(lines: Sequence[Sequence[str]], limit: int) -> list[int]:
    """Return how wide each column is drawn, so that all of them take no more than a limit.

    rich takes from the widest column, whatever the words in it are; here a word is cut only where
    no column has another place to be narrower.
    """
    from rich.cells import cell_len  # noqa: PLC0415  # only where something is drawn

    columns = list(zip(*lines, strict=True))
    widths = [max(map(cell_len, column)) for column in columns]
    words = [
        max(cell_len(word) for text in column for word in _unbroken(text)) for column in columns
    ]
    for least in (words, [1] * len(columns)):
        while sum(widths) + _GAP * (len(widths) - 1) > limit:
            spare = [wide if wide > need else 0 for wide, need in zip(widths, least, strict=True)]
            if not any(spare):
                break
            widths[spare.index(max(spare))] -= 1
    return widths


def _broken(text: str, wide: int) -> str:
    """Return a text in which a name that is wider than its column ends a line after a low line.

    Or after a dot: elsewhere it is cut only where it has neither.
    """
    lines = []
    for word in text.split(" "):
        parts = _NAME_PART.findall(word) if len(word) > wide else [word]
        pieces = [""]
        for part in parts:
            if pieces[-1] and len(pieces[-1]) + len(part) > wide:
                pieces.append("")
            pieces[-1] += part
        lines.append("\n".join(pieces))
    return " ".join(lines)


def _unbroken(text: str) -> list[str]:
    """Return the parts of a text that are not to be broken: of a long name, what it consists of."""
    if len(text) <= _SHORT:
        return [text]
    words = [(word, len(word) > _LONG_NAME) for word in text.split()]
    return [part for word, is_long in words for part in (_halves(word) if is_long else (word,))]


def _halves(name: str) -> list[str]:
    """Return a long name in lines of at most _LONG_NAME, where it has low lines or dots."""
    return _broken(name, _LONG_NAME).split("\n")
