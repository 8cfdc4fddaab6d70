"""Bring definitions that PostgreSQL prints in two ways into one form, for comparison.

``a IN ('x', 'y')`` on a varchar is printed as ``(ARRAY['x'::varchar, …])::text[]``, and that, read
again, as ``ARRAY[('x'::varchar)::text, …]``: a cast of an ARRAY is a cast of its elements
(PostgreSQL, 4.2.12). What a revision builds of printed text must equal what the models build.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Entry

_ARRAY = "ARRAY["

_TOKEN = re.compile(r"""E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|[][(),]""", re.DOTALL)

_TYPE = r'(?P<type>(?:"(?:[^"]|"")*"|[\w. ])+(?:\([\d,]+\))?)\[\]'

# Of an array in parentheses, and of one that is printed without those that are not needed.
_CAST = re.compile(rf"\]\)::{_TYPE}")
_BARE_CAST = re.compile(rf"\]::{_TYPE}")

# What is printed without parentheses before a cast: a constant or a name.
_SIMPLE_ELEMENT = re.compile(
    r"""(?:E?'(?:[^']|'')*'|"(?:[^"]|"")*"|[\w.])+(?:::[\w. ]+(?:\([\d,]+\))?)*"""
)


def normalized_entry(entry: Entry) -> Entry:
    """Return an entry that is compared in its normal form."""
    text = normalized_definition(entry.text)
    return entry if text == entry.text else replace(entry, normalized=text)


def normalized_definition(text: str) -> str:
    """Return a definition in the form in which it is compared."""
    place = text.find(_ARRAY)
    while place >= 0:
        items, end = _array_elements(text, place + len(_ARRAY))
        if text[:place].endswith("(") and (cast := _CAST.match(text, end)):
            cells = [f"({item})::{cast['type']}" for item in items]
            text = f"{text[: place - 1]}ARRAY[{', '.join(cells)}]{text[cast.end() :]}"
        elif cast := _BARE_CAST.match(text, end):
            heads = [item if _SIMPLE_ELEMENT.fullmatch(item) else f"({item})" for item in items]
            cells = [f"{head}::{cast['type']}" for head in heads]
            text = f"{text[:place]}ARRAY[{', '.join(cells)}]{text[cast.end() :]}"
        place = text.find(_ARRAY, place + 1)
    return text


def _array_elements(text: str, start: int) -> tuple[list[str], int]:
    """Return the elements of an array, and where its closing bracket stands."""
    depth, begin = 0, start
    elements: list[str] = []
    for token in _TOKEN.finditer(text, start):
        mark = token[0]
        if not depth and mark in {",", "]"}:
            elements.append(text[begin : token.start()].strip())
            begin = token.end()
            if mark == "]":
                return elements, token.start()
        depth += (mark in {"(", "["}) - (mark in {")", "]"})
    return elements, len(text)
