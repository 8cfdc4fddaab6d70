"""Text of pg_dump, cut at the commas of one level: quotes and brackets of each kind are kept whole.

Source: PostgreSQL, 4.1.2 (constants), 4.1.1 (quoted names), 4.2.12 (array constructors). pg_dump
prints neither comments nor U&'…'.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$).*?\1|[][(),]""", re.DOTALL
)

_OPENING, _CLOSING = "([", ")]"

# What stands in a masked text for each character that is quoted or in brackets.
MASK = "\x01"


def bracketed_items(text: str, start: int) -> tuple[list[str], int]:
    """Return what stands between commas in a pair of brackets, and the place of the closing one.

    start: the place behind the opening bracket. The place is the text's length where no bracket
    closes.
    """
    depth, begin = 0, start
    found: list[str] = []
    for token in _TOKEN.finditer(text, start):
        mark = token[0]
        if mark in _OPENING:
            depth += 1
        elif depth:
            depth -= mark in _CLOSING
        elif mark == "," or mark in _CLOSING:
            found.append(text[begin : token.start()].strip())
            begin = token.end()
            if mark in _CLOSING:
                return [item for item in found if item], token.start()
    return found, len(text)


def mask_nested_parts(text: str) -> str:
    """Return a text of the same length in which quoted and bracketed parts are masked."""
    masked, depth, end = [], 0, 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        between = text[end : token.start()]
        masked.append(MASK * len(between) if depth else between)
        depth += (mark in _OPENING) - (mark in _CLOSING)
        masked.append(MASK * len(mark))
        end = token.end()
    masked.append(text[end:])
    return "".join(masked)


def lists_behind(text: str, *words: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the lists in brackets that stand behind words: their begin, their end, their items.

    What is itself quoted or in brackets is not looked at.
    """
    if not any(f"{word} (" in text for word in words):
        return
    pattern = rf"(?<=\s)(?:{'|'.join(words)}) ({MASK}+)"
    for found in re.finditer(pattern, mask_nested_parts(text)):
        items, _ = bracketed_items(text, found.start(1) + 1)
        yield found.start(1), found.end(1), items
