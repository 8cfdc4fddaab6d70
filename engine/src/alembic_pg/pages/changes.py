"""Compare two schemas: what is added, changed or gone, and both in one."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alembic_pg.pages.schema import Key, Relation, Schema

ADDED, CHANGED, GONE = "added", "changed", "gone"

# The fields of a relation that hold parts with names.
PARTS = ("columns", "constraints", "indexes", "triggers", "policies", "grants", "partitions")

# What follows from other changes, and is told there; and what no revision makes.
_NOT_COMPARED = ("depends_on", "used_by", "mentions", "size")

_Named = TypeVar("_Named")


@dataclass(frozen=True)
class Changes:
    """Hold what differs, by the name of a kind and of an object in it.

    A part of a table has its table's key before its name: ("columns", (key, "id")).
    before: what a changed object was.
    """

    found: Mapping[tuple[str, Any], str] = field(default_factory=dict)
    before: Mapping[tuple[str, Any], Any] = field(default_factory=dict)

    def of(self, kind: str, name: Any) -> str:  # noqa: ANN401  # a name or a key
        """Return "", "added", "changed" or "gone"."""
        return self.found.get((kind, name), "")

    def was(self, kind: str, name: Any) -> Any:  # noqa: ANN401  # of any kind
        """Return what a changed object was, None where it is no changed one."""
        return self.before.get((kind, name))

    def of_relation(self, key: Key) -> str:
        """Return what happens to a table or view."""
        return self.of("relations", key)

    def of_part(self, key: Key, kind: str, name: str) -> str:
        """Return what happens to a part of a table that itself stays."""
        return self.of(kind, (key, name)) if self.of_relation(key) in {"", CHANGED} else ""

    def of_column(self, key: Key, name: str) -> str:
        """Return what happens to a column of a table that itself stays."""
        return self.of_part(key, "columns", name)


def compare_schemas(before: Schema, after: Schema) -> tuple[Schema, Changes]:
    """Return a schema with what is in either, and what differs."""
    found: dict[tuple[str, Any], str] = {}
    old: dict[tuple[str, Any], Any] = {}

    def merge(kind: str, left: Iterable[_Named], right: Iterable[_Named], *of: Any) -> tuple[_Named, ...]:  # noqa: ANN401  # a key
        ours = {_name(one): one for one in left}
        both = {_name(one): one for one in right}
        for name, one in both.items():
            own = (*of, name) if of else name
            if name not in ours:
                found[kind, own] = ADDED
            elif _compared(ours[name]) != _compared(one):
                found[kind, own], old[kind, own] = CHANGED, ours[name]
        for name, one in ours.items():
            if name not in both:
                found[kind, (*of, name) if of else name] = GONE
                both[name] = one
        if kind in {"columns", "partitions"}:
            return tuple(both.values())
        return tuple(both[name] for name in sorted(both, key=str))

    sides = [{one.key: one for one in side.relations} for side in (before, after)]

    def merge_relation(one: Relation) -> Relation:
        past, now = (side.get(one.key) for side in sides)
        if past is None or now is None:
            return one
        parts = {
            kind: merge(kind, getattr(past, kind), getattr(now, kind), one.key) for kind in PARTS
        }
        return replace(one, **parts)

    merged = {
        kind: merge(kind, getattr(before, kind), getattr(after, kind))
        for kind in (one.name for one in fields(after) if one.name != "major")
    }
    merged["relations"] = tuple(map(merge_relation, merged["relations"]))
    return replace(after, **merged), Changes(found, old)


def _name(one: Any) -> Any:  # noqa: ANN401  # of any kind
    """Return what tells an object from the others of its kind."""
    key = getattr(one, "key", None) or one.name
    return (key, one.arguments) if hasattr(one, "arguments") else key


def _compared(one: Any) -> Any:  # noqa: ANN401  # of any kind
    own = {item.name: None for item in fields(one) if item.name in _NOT_COMPARED}
    return replace(one, **own)
