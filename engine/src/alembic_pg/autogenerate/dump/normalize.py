"""Bring definitions that PostgreSQL prints in two ways into one form, for comparison.

``a IN ('x', 'y')`` on a varchar is printed as ``(ARRAY['x'::varchar, …])::text[]``, and that, read
again, as ``ARRAY[('x'::varchar)::text, …]``: a cast of an ARRAY is a cast of its elements
(PostgreSQL, 4.2.12). What a revision builds of printed text must equal what the models build.

Storage parameters and options are printed in the order in which they were last set, which means
nothing: one that ALTER … SET changes comes last.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import brackets

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Entry

_ARRAY = "ARRAY["

_TYPE = r'(?P<type>(?:"(?:[^"]|"")*"|[\w. ])+(?:\([\d,]+\))?)\[\]'

# Of an array in parentheses, and of one that is printed without those that are not needed.
_CAST = re.compile(rf"\]\)::{_TYPE}")
_BARE_CAST = re.compile(rf"\]::{_TYPE}")

# What is printed without parentheses before a cast: a constant or a name.
_SIMPLE_ELEMENT = re.compile(
    r"""(?:E?'(?:[^']|'')*'|"(?:[^"]|"")*"|[\w.])+(?:::[\w. ]+(?:\([\d,]+\))?)*"""
)

# What stands before parameters: of storage, of a column, of a foreign object.
_PARAMETER_WORDS = ("WITH", "SET", "OPTIONS")

_HAVE_PARAMETERS = {
    "CONSTRAINT",
    "FOREIGN DATA WRAPPER",
    "FOREIGN TABLE",
    "INDEX",
    "MATERIALIZED VIEW",
    "SERVER",
    "TABLE",
    "USER MAPPING",
    "VIEW",
}


def normalized_entry(entry: Entry) -> Entry:
    """Return an entry that is compared in its normal form."""
    text = normalized_definition(entry.text)
    if entry.kind in _HAVE_PARAMETERS:
        text = _with_sorted_parameters(text)
    return entry if text == entry.text else replace(entry, normalized=text)


def normalized_definition(text: str) -> str:
    """Return a definition in the form in which it is compared."""
    place = text.find(_ARRAY)
    while place >= 0:
        items, end = brackets.bracketed_items(text, place + len(_ARRAY))
        if items and text[:place].endswith("(") and (cast := _CAST.match(text, end)):
            cells = [f"({item})::{cast['type']}" for item in items]
            text = f"{text[: place - 1]}ARRAY[{', '.join(cells)}]{text[cast.end() :]}"
        elif items and (cast := _BARE_CAST.match(text, end)):
            heads = [item if _SIMPLE_ELEMENT.fullmatch(item) else f"({item})" for item in items]
            cells = [f"{head}::{cast['type']}" for head in heads]
            text = f"{text[:place]}ARRAY[{', '.join(cells)}]{text[cast.end() :]}"
        place = text.find(_ARRAY, place + 1)
    return text


def _with_sorted_parameters(text: str) -> str:
    """Return a definition with the parameters in each of its lists sorted."""
    # From the last one to the first: the places before stay.
    for start, end, items in reversed([*brackets.lists_behind(text, *_PARAMETER_WORDS)]):
        text = f"{text[:start]}({', '.join(sorted(items))}){text[end:]}"
    return text
