"""List the entries and tables that differ between two dumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic_pg.autogenerate.dump.entry import Dump, Entry


# Who may use public is the administrator's to say, not a revision's.
ADMINISTRATORS_KEYS = frozenset({"ACL .SCHEMA public"})


def differing_keys(before: Dump, after: Dump) -> list[str]:
    """Return the keys of the entries that are missing, too many or changed, in dump order."""
    keys = [key for key, entry in after.items() if not _is_same(before.get(key), entry)]
    return keys + [key for key in before if key not in after]


def _is_same(old: Entry | None, new: Entry) -> bool:
    """Return whether two entries are equal; what is known of both sides is one."""
    return old is new or (old is not None and old.text == new.text)


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
