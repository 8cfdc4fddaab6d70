"""Tell what PostgreSQL does not know of functions' bodies: what they name, and how they differ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import Dump, Entry

_ROUTINES = frozenset({"FUNCTION", "PROCEDURE"})

# What a body can name.
_NAMED_KINDS = _ROUTINES | {"MATERIALIZED VIEW", "SEQUENCE", "TABLE", "VIEW"}


def function_notes(before: Dump, after: Dump) -> Iterator[str]:
    """Yield a line for each object that goes and is named by a function that stays.

    Yield one, too, for each function that differs in white space only. before: what the revisions
    build. after: what the models build.
    """
    routines = [entry for entry in after.values() if entry.kind in _ROUTINES]
    for key, entry in before.items():
        if entry.kind in _NAMED_KINDS and key not in after:
            yield from _named_by(entry, routines)
    for new in routines:
        old = before.get(new.key)
        if old is not None and old.text != new.text and _words(old) == _words(new):
            yield f"{new.label} differs in white space only."


def _named_by(entry: Entry, routines: list[Entry]) -> Iterator[str]:
    name = entry.name.partition("(")[0]
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    found = [
        one.label
        for one in routines
        if one.name.partition("(")[0] != name and word.search(one.create)
    ]
    if found:
        yield (
            f"{entry.label} is dropped, and {', '.join(found)} may still need it: a body names it, "
            "which PostgreSQL does not track. If it is needed, declare it in the models."
        )


def _words(entry: Entry) -> list[str]:
    return entry.text.split()
