"""Tell what PostgreSQL does not know of functions: what their bodies name, and what they computed.

An index, a CHECK and a stored generated column take a function for one that never changes
(PostgreSQL, 36.7, function volatility categories).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.sql.quoting import quote_name, readable_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import Dump, Entry

_ROUTINES = frozenset({"FUNCTION", "PROCEDURE"})

# What a body can name.
_NAMED_KINDS = _ROUTINES | {"MATERIALIZED VIEW", "SEQUENCE", "TABLE", "VIEW"}


def function_notes(before: Dump, after: Dump) -> Iterator[str]:
    """Yield a line for each object that goes and is named by a function that stays.

    Yield one, too, for each function that differs in white space only, and for what stays as a
    function computed it that is another one now. before: what the revisions build. after: what the
    models build.
    """
    routines = [entry for entry in after.values() if entry.kind in _ROUTINES]
    for key, entry in before.items():
        if entry.kind in _NAMED_KINDS and key not in after:
            yield from _named_by(entry, routines)
    for new in routines:
        old = before.get(new.key)
        if old is None or old.text == new.text:
            continue
        if _words(old) == _words(new):
            yield f"{new.label} differs in white space only."
        else:
            same = (e for key, e in after.items() if key in before and before[key].text == e.text)
            yield from (line for entry in same for line in _computed_before(new, entry))


def _named_by(entry: Entry, routines: list[Entry]) -> Iterator[str]:
    name, named = _bare_name(entry), _named_pattern(entry, re.IGNORECASE)
    found = [one.label for one in routines if _bare_name(one) != name and named.search(one.create)]
    if found:
        yield (
            f"{entry.label} is dropped, and {', '.join(found)} may still need it: a body names it, "
            "which PostgreSQL does not track. If it is needed, declare it in the models."
        )


def _computed_before(function: Entry, user: Entry) -> Iterator[str]:
    """Yield what is told of an object that is as the function computed it before."""
    own = _named_pattern(function)
    # pg_dump does not say what the index of a constraint needs.
    excludes = user.kind == "CONSTRAINT" and " EXCLUDE " in user.create
    if not (own.search(user.create) if excludes else function.key in user.needs):
        return
    if user.kind == "INDEX" or excludes:
        how, name = "INDEX CONCURRENTLY", quote_name(user.name)
        if excludes:
            how, name = "INDEX", table_definition.constraint_name(user.create)
        yield (
            f"{function.label} changes, and {user.label} keeps what it has computed: after the "
            f"upgrade, run REINDEX {how} {quote_name(user.schema)}.{name}"
        )
    elif user.kind == "CHECK CONSTRAINT":
        yield (
            f"{function.label} changes, and {user.label} is not checked anew: see to it that the "
            "rows that are there fit."
        )
    elif user.kind == "TABLE":
        for name, column in table_definition.entry_columns(user).items():
            if column.generated.endswith("STORED") and own.search(column.generated):
                table = quote_name(user.schema, user.name)
                yield (
                    f"{function.label} changes, and old rows of "
                    f"{readable_name(user.schema, user.name)} keep {name} as it was computed: an "
                    f"UPDATE of any column of {table} computes it anew."
                )


def _bare_name(entry: Entry) -> str:
    """Return a name without the types of a function's arguments."""
    return entry.name.partition("(")[0]


def _named_pattern(entry: Entry, flags: int = 0) -> re.Pattern[str]:
    """Return what finds the name of an object in a text, whether or not it is quoted there."""
    return re.compile(rf"(?<!\w){re.escape(_bare_name(entry))}(?!\w)", flags)


def _words(entry: Entry) -> list[str]:
    return entry.text.split()
