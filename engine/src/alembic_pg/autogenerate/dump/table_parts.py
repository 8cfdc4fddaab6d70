"""Tell which entries of a whole dump pg_dump prints where it is asked for some tables and views.

pg_dump itself would say it, and take as long as the database is large.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import kinds
from alembic_pg.autogenerate.dump.part_owner import key_ends, part_owner

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from collections.abc import Set as AbstractSet

    from alembic_pg.autogenerate.dump.entry import Dump, Entry

RELATIONS = ("MATERIALIZED VIEW", "TABLE", "VIEW")

# What may have such a name, too, and has other parts.
_OTHER_RELATIONS = ("FOREIGN TABLE", "SEQUENCE")

# Those that are printed for themselves alone, whatever they need.
_OBJECTS = frozenset({*RELATIONS, "DOMAIN", "FUNCTION", "PROCEDURE", "TYPE"})

# Those whose name begins with that of the relation that they are of.
_NAMED = frozenset({"CHECK CONSTRAINT", "CONSTRAINT", "DEFAULT", "POLICY", "TRIGGER"})

# Those that need nothing but the object that they are of.
_ATTACHED = frozenset({"ACL", "COMMENT", "SEQUENCE", "SEQUENCE OWNED BY"})

_ON_ONE_RELATION = frozenset({"INDEX", "ROW SECURITY"})


def keys_of(names: Iterable[tuple[str, str]], kinds_of_them: Iterable[str]) -> set[str]:
    """Return the keys that objects have in a dump, as each of some kinds.

    names: their schemas and names.
    """
    return {f"{kind} {schema}.{name}" for kind, (schema, name) in product(kinds_of_them, names)}


def part_of_tables(whole: Dump, names: Collection[tuple[str, str]]) -> frozenset[str] | None:
    """Return the keys of what pg_dump prints of some tables and views.

    None where that is not known: an entry of another kind belongs to one of them, or may.
    whole: the dump of their database. names: their schemas and names; some may not be there.
    """
    if not keys_of(names, _OTHER_RELATIONS).isdisjoint(whole):
        return None
    relations = keys_of(names, RELATIONS) & whole.keys()
    part = relations | _owned_sequences(whole, relations)
    for key, entry in whole.items():
        if key in part or part.isdisjoint(entry.needs):
            continue
        belongs = _belongs(whole, entry, relations)
        if belongs is None:
            return None
        if belongs:
            part.add(key)
    # Of two entries with one name, what needs which of them is not known.
    return None if any(key != whole[key].key for key in part) else frozenset(part)


def _owned_sequences(whole: Dump, relations: AbstractSet[str]) -> set[str]:
    """Return the keys of the sequences that belong to columns: they go with their tables."""
    return {
        need
        for entry in whole.values()
        if entry.kind == "SEQUENCE OWNED BY" and not relations.isdisjoint(entry.needs)
        for need in entry.needs
        if need.startswith("SEQUENCE ")
    }


def _belongs(whole: Dump, entry: Entry, relations: AbstractSet[str]) -> bool | None:
    """Return whether an entry is of one of the relations, a part of which it needs; None: unknown.

    What is attached to a part is one itself.
    """
    if entry.kind in _OBJECTS:
        return False
    if entry.kind in _ATTACHED:
        return True
    needed = [need for need in entry.needs if need.startswith(kinds.RELATION_PREFIXES)]
    if entry.kind in _ON_ONE_RELATION:
        return True if needed and relations >= {*needed} else None
    if entry.kind == "FK CONSTRAINT":
        own = key_ends(whole, entry)[0]
    elif entry.kind in _NAMED:
        own = part_owner(whole, entry, needed)
    else:
        return None
    return own in relations if own else None
