"""Tell which entries of a whole dump pg_dump prints where it is asked for some tables and views.

pg_dump itself would say it, and take as long as the database is large.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import kinds
from alembic_pg.autogenerate.dump.foreign_keys import key_ends
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Set as AbstractSet

    from alembic_pg.autogenerate.dump.entry import Dump, Entry

_RELATIONS = ("MATERIALIZED VIEW", "TABLE", "VIEW")

# What may have such a name, too, and has other parts.
_OTHER_RELATIONS = ("FOREIGN TABLE", "SEQUENCE")

# Those that are printed for themselves alone, whatever they need.
_OBJECTS = frozenset({*_RELATIONS, "DOMAIN", "FUNCTION", "PROCEDURE", "TYPE"})

# Those whose name begins with that of the relation that they are of.
_NAMED = frozenset({"CHECK CONSTRAINT", "CONSTRAINT", "DEFAULT", "POLICY", "TRIGGER"})

# Those that need nothing but the object that they are of.
_ATTACHED = frozenset({"ACL", "COMMENT", "SEQUENCE", "SEQUENCE OWNED BY"})

_ON_ONE_RELATION = frozenset({"INDEX", "ROW SECURITY"})


def part_of_tables(whole: Dump, names: Collection[tuple[str, str]]) -> frozenset[str] | None:
    """Return the keys of what pg_dump prints of some tables and views.

    None where that is not known: an entry of another kind belongs to one of them, or may.
    whole: the dump of their database. names: their schemas and names; some may not be there.
    """
    if not _keys(names, _OTHER_RELATIONS).isdisjoint(whole):
        return None
    relations = _keys(names, _RELATIONS) & whole.keys()
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


def _keys(names: Collection[tuple[str, str]], kinds_of_them: Collection[str]) -> set[str]:
    return {f"{kind} {schema}.{name}" for kind, (schema, name) in product(kinds_of_them, names)}


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
        owners = [one for one in needed if one in whole and _is_named_after(entry, whole[one])]
        if len(owners) > 1:
            # The policy "b p" of a that asks "a b" is called as the policy p of "a b" is.
            owners = [one for one in owners if _is_written_on(entry, whole[one])]
        own = owners[0] if len(owners) == 1 else ""
    else:
        return None
    return own in relations if own else None


def _is_named_after(part: Entry, relation: Entry) -> bool:
    return part.schema == relation.schema and part.name.startswith(f"{relation.name} ")


def _is_written_on(part: Entry, relation: Entry) -> bool:
    """Return whether the statement of a part names a relation as what it is of."""
    name = re.escape(quote_name(relation.schema, relation.name))
    return re.search(rf" (?:ON|TABLE|ONLY) {name}\s", part.create) is not None
