"""Find what a revision drops or replaces and makes again as it was: no comparison tells of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.drift.in_the_way.hand_made import place_of
from alembic_pg.sql.split import statement_cursors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic_pg.ledger.parts import PartChanges, Parts
    from alembic_pg.sql.cursor import Cursor, QualifiedName

# Objects themselves, by what a statement calls them: what drift calls them.
_OBJECTS = {
    "VIEW": ("view",),
    "RECURSIVE VIEW": ("view",),
    "MATERIALIZED VIEW": ("materialized view",),
    "FUNCTION": ("function",),
    "PROCEDURE": ("procedure",),
    "ROUTINE": ("function", "procedure", "aggregate"),
    "AGGREGATE": ("aggregate",),
    "SEQUENCE": ("sequence",),
    "TYPE": ("type", "enum"),
    "DOMAIN": ("domain",),
}

# Parts of a table or view that are named before ON.
_PARTS = {
    "TRIGGER": "trigger",
    "CONSTRAINT TRIGGER": "trigger",
    "POLICY": "policy",
    "RULE": "rule",
}

_INDEXES = ("UNIQUE INDEX", "INDEX")

_CONSTRAINTS = (
    *("check constraint", "foreign key", "primary key"),
    *("unique constraint", "exclusion constraint"),
)


def made_again(statements: Iterable[str], before: Parts, after: Parts) -> PartChanges:
    """Return what the statements of a revision make again just as it was, with its digests.

    before, after: what is there before the revision and after it. A text that executes others (a
    DO block) is not looked into.
    """
    found: PartChanges = {}
    for sql in statements:
        for cursor in statement_cursors(sql):
            for key, part in _touched(cursor, before):
                digest = before[key][part]
                if after.get(key, {}).get(part) == digest:
                    found.setdefault(key, {})[part] = digest
    return found


def _touched(cursor: Cursor, parts: Parts) -> Iterator[tuple[str, str]]:
    """Yield the keys and parts that a statement drops, or makes in place of what is there."""
    if cursor.accept("ALTER", "TABLE"):
        yield from _altered(cursor, parts)
        return
    verb = cursor.accept_any("CREATE", "DROP")
    cursor.accept("OR", "REPLACE")
    kind = cursor.accept_any(*_INDEXES, *_PARTS, *_OBJECTS) if verb else ""
    cursor.accept("CONCURRENTLY")
    if cursor.accept("IF", "NOT", "EXISTS"):
        return  # what is there stays
    cursor.accept("IF", "EXISTS")
    if kind in _PARTS:
        name = cursor.identifier()
        # CREATE RULE … AS ON UPDATE TO table
        at = cursor.find("TO" if kind == "RULE" and verb == "CREATE" else "ON")
        if at is not None:
            cursor.position = at + 1
            yield from _part_of(parts, cursor.qualified_name(), (_PARTS[kind],), name)
    elif kind in _INDEXES:
        yield from _indexes(cursor, parts, dropped=verb == "DROP")
    elif kind:
        names = [one.qualified_name() for one in cursor.split_commas()]
        for key, own in parts.items():
            for part in own.keys() & set(_OBJECTS[kind]):
                schema, name = place_of(key)
                if (schema, name.partition("(")[0]) in names:
                    yield key, part


def _altered(cursor: Cursor, parts: Parts) -> Iterator[tuple[str, str]]:
    """Yield the columns and constraints that an ALTER TABLE drops or adds."""
    table = cursor.altered_table()
    for action in cursor.split_commas():
        if not action.accept_any("DROP", "ADD"):
            continue
        kinds = _CONSTRAINTS if action.accept("CONSTRAINT") else ("column",)
        action.accept("COLUMN")
        if not action.accept("IF", "NOT", "EXISTS"):
            action.accept("IF", "EXISTS")
            yield from _part_of(parts, table, kinds, action.identifier())


def _indexes(cursor: Cursor, parts: Parts, *, dropped: bool) -> Iterator[tuple[str, str]]:
    """Yield the indexes that a statement names."""
    if dropped:
        for schema, name in [one.qualified_name() for one in cursor.split_commas()]:
            for key, own in parts.items():
                if f"index {name}" in own and place_of(key)[0] == schema:
                    yield key, f"index {name}"
        return
    name = cursor.identifier()
    if cursor.accept("ON"):
        cursor.accept("ONLY")
        yield from _part_of(parts, cursor.qualified_name(), ("index",), name)


def _part_of(
    parts: Parts, table: QualifiedName, kinds: Iterable[str], name: str
) -> Iterator[tuple[str, str]]:
    """Yield the parts of a table that have a name, and are of one of some kinds."""
    wanted = {f"{kind} {name}" for kind in kinds}
    for key, own in parts.items():
        for part in own.keys() & wanted:
            if place_of(key) == table:
                yield key, part
