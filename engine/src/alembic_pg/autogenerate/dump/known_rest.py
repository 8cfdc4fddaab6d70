"""Dump a database of which everything is known but some tables and views.

pg_dump takes as long as a database is large; of a few tables it takes less.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.dump.table_parts import part_of_tables

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.engine import URL

    from alembic_pg.autogenerate.dump.entry import Dump, Entry


@dataclass(frozen=True)
class KnownRest:
    """Hold the dump of a database, and what of it belongs to the tables that may change.

    whole: of all of it. part: the keys of what pg_dump says of the tables. tables: the schemas and
    names of those that may change, come or go, and of such views.
    """

    whole: Dump
    part: frozenset[str]
    tables: tuple[tuple[str, str], ...]

    def dump(self, url: URL) -> Dump:
        """Return the dump of a copy of the database in which only the tables may have changed.

        Raises UserError when pg_dump fails.
        """
        return self.with_rest(pg_dump.dump_tables(url, self.tables))

    def with_rest(self, found: Dump) -> Dump:
        """Return what is found of the tables, with the rest of the database."""
        rest = self.whole.keys() - self.part
        entries = {
            key: self.whole[key] if key in rest else self._with_needs(found[key], rest)
            for key in _merged_order(self.whole, found, rest)
        }
        return _parents_first(entries)

    def _with_needs(self, entry: Entry, rest: set[str]) -> Entry:
        """Return an entry that also needs what it needed of the rest."""
        old = self.whole.get(entry.key)
        outside = [need for need in old.needs if need in rest] if old else []
        return replace(entry, needs=(*entry.needs, *outside)) if outside else entry


def dump_beside(url: URL, rest: KnownRest | None, version_table: str) -> Dump:
    """Return the dump of a database, of which the rest may be known.

    version_table: Alembic's own, which is left out. Raises UserError when pg_dump fails.
    """
    if rest is not None:
        found = pg_dump.dump_tables(url, rest.tables)
        if found.keys() & rest.whole.keys() <= rest.part:
            return rest.with_rest(found)
    return pg_dump.dump_database(url, version_table=version_table)


def rest_of_whole(whole: Dump, tables: Collection[tuple[str, str]]) -> KnownRest | None:
    """Return what is known of a database by its dump alone, None where only pg_dump can tell.

    whole, tables: as for know_rest().
    """
    part = part_of_tables(whole, tables)
    return None if part is None else KnownRest(whole, part, tuple(sorted(tables)))


def know_rest(url: URL, whole: Dump, tables: Collection[tuple[str, str]]) -> KnownRest | None:
    """Return what is known of a database, None where pg_dump says the tables in another way alone.

    url: the database. whole: its dump. tables: the schemas and names of those that will change, of
    which at least one is there, and always will be. Raises UserError when pg_dump fails.
    """
    names = tuple(sorted(tables))
    there = pg_dump.dump_tables(url, names)
    if any(key not in whole or whole[key].text != entry.text for key, entry in there.items()):
        return None
    return KnownRest(whole, frozenset(there), names)


def _merged_order(whole: Dump, found: Dump, rest: set[str]) -> list[str]:
    """Return the keys of the rest and of what was found; what is new comes after its neighbour."""
    after: dict[str, list[str]] = {}
    neighbour = ""
    for key in found:
        if key in whole:
            neighbour = key
        else:
            after.setdefault(neighbour, []).append(key)
    order = [*after.get("", ())]
    for key in whole:
        if key in rest or key in found:
            order += [key, *after.get(key, ())]
    return order


def _parents_first(entries: Mapping[str, Entry]) -> Dump:
    """Return entries in an order in which they can be made, which differs little from theirs."""
    placed: Dump = {}

    def place(key: str, waiting: frozenset[str]) -> None:
        for need in entries[key].needs:
            if need in entries and need not in placed and need not in waiting:
                place(need, waiting | {key})
        placed[key] = entries[key]

    for key in entries:
        if key not in placed:
            place(key, frozenset())
    return placed
