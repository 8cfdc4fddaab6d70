"""Find names that a pending revision gives, and that something made by hand has already.

A table, an index, a view and a sequence share the names of a schema; so do a table, a view and a
type (PostgreSQL's pg_class and pg_type).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.drift.in_the_way.hand_made import HandMade

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy.engine import Connection

    from alembic_pg.ledger.parts import PartChanges, Parts

# Names with their schemas, and whether each is a relation's, a type's or both.
Names = dict[tuple[str, str], frozenset[str]]

# Of a name with its schema, the keys of the objects that have it, or a part of which has.
Holders = dict[tuple[str, str], list[str]]

_RELATION, _TYPE = "relation", "type"

_NAMED_INDEXES = {"index", "primary key", "unique constraint", "exclusion constraint"}

# An object itself, by what it is called: of which catalogs it takes a name.
_OF_OBJECTS = {
    "sequence": frozenset({_RELATION}),
    "enum": frozenset({_TYPE}),
    "domain": frozenset({_TYPE}),
    **dict.fromkeys(
        ("table", "foreign table", "view", "materialized view", "type"),
        frozenset({_RELATION, _TYPE}),
    ),
}

_HOLDERS = text("""
WITH asked AS (SELECT * FROM unnest(CAST(:schemas AS text[]), CAST(:names AS text[]),
  CAST(:kinds AS text[])) AS one (schema, name, kind))
SELECT asked.schema, asked.name, format('%I.%I', n.nspname, coalesce(t.relname, c.relname)) AS key
FROM asked JOIN pg_namespace AS n ON nspname = schema
  JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = name AND relkind <> 'c'
  LEFT JOIN pg_index ON indexrelid = c.oid LEFT JOIN pg_class AS t ON t.oid = indrelid
WHERE kind = 'relation'
UNION
SELECT asked.schema, asked.name, format('type %I.%I', nspname, typname)
FROM asked JOIN pg_namespace AS n ON nspname = schema
  JOIN pg_type AS t ON typnamespace = n.oid AND typname = name
  LEFT JOIN pg_class AS c ON c.oid = typrelid
WHERE kind = 'type' AND (typtype IN ('e', 'd', 'r') OR typtype = 'c' AND relkind = 'c')
UNION
SELECT asked.schema, asked.name, format('%I.%I', nspname, relname)
FROM asked JOIN pg_namespace AS n ON nspname = schema
  JOIN pg_class AS c ON relnamespace = n.oid AND relname = name
WHERE kind = 'type' AND relkind IN ('r', 'p', 'v', 'm', 'f')
""")


def created_names(built: Parts, changes: Iterable[PartChanges]) -> Names:
    """Return the names that revisions give to what is not there before them."""
    found: Names = {}
    for own in changes:
        for key, parts in own.items():
            for part, digest in parts.items():
                if digest is None or part in built.get(key, {}):
                    continue
                made = HandMade(key, part, "extra")
                catalogs = (
                    frozenset({_RELATION})
                    if made.words in _NAMED_INDEXES
                    else frozenset()
                    if made.is_part
                    else _OF_OBJECTS.get(part, frozenset())
                )
                if catalogs:
                    name = made.schema, made.own_name
                    found[name] = found.get(name, frozenset()) | catalogs
    return found


def read_holders(connection: Connection, names: Names) -> Holders:
    """Return which objects have names already. connection: in a transaction."""
    asked = [(*name, kind) for name, kinds in names.items() for kind in sorted(kinds)]
    if not asked:
        return {}
    schemas, own, kinds = (list(column) for column in zip(*asked, strict=True))
    holders: Holders = {}
    for row in connection.execute(_HOLDERS, {"schemas": schemas, "names": own, "kinds": kinds}):
        holders.setdefault((row.schema, row.name), []).append(row.key)
    return holders


def taken(
    own: PartChanges,
    holders: Holders,
    built: Parts,
    found: Parts,
    touched: Collection[tuple[str, str]],
) -> Iterator[HandMade]:
    """Yield what was made by hand and has a name that a revision gives to something else.

    own: what the revision changes. touched: what those before it change.
    """
    for name in created_names(built, [own]):
        for key in holders.get(name, ()):
            for part in _with_name(found.get(key, {}), key, name[1]):
                same = part in own.get(key, {})
                of_revisions = part in built.get(key, {}) or (key, part) in touched
                gone = any(k == key and not HandMade(k, p, "extra").is_part for k, p in touched)
                if not (same or of_revisions or gone):
                    yield HandMade(key, part, "extra")


def _with_name(parts: Mapping[str, str], key: str, name: str) -> Iterator[str]:
    for part in parts:
        one = HandMade(key, part, "extra")
        if one.own_name == name and (not one.is_part or one.words in _NAMED_INDEXES):
            yield part
