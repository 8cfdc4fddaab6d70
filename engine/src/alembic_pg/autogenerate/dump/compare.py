"""List the entries and tables that differ between two dumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic_pg.autogenerate.dump.entry import Dump


# Who may use public is the administrator's to say, not a revision's.
ADMINISTRATORS_KEYS = frozenset({"ACL .SCHEMA public"})


def differing_keys(before: Dump, after: Dump) -> list[str]:
    """Return the keys of the entries that are missing, too many or changed, in dump order."""
    keys = [
        key for key, entry in after.items() if key not in before or before[key].text != entry.text
    ]
    return keys + [key for key in before if key not in after]


def changed_tables(before: Dump, after: Dump, keys: Iterable[str]) -> set[str]:
    """Return the tables among the differing entries, and those that such an entry belongs to."""
    tables: set[str] = set()
    for key in keys:
        for dump in (before, after):
            if key in dump:
                entry = dump[key]
                tables.update(need for need in (key, *entry.needs) if need.startswith("TABLE "))
                for need in entry.needs:  # a comment on a constraint, say
                    if need in dump:
                        tables.update(n for n in dump[need].needs if n.startswith("TABLE "))
    return tables
