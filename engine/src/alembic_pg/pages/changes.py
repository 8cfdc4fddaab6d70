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

    def olds(self, kind: str, key: Key) -> list[Any]:
        """Return what the changed parts of a table were."""
        return [
            one for (found, name), one in self.before.items() if found == kind and name[0] == key
        ]

    def of_relation(self, key: Key) -> str:
        """Return what happens to a table or view."""
        return self.of("relations", key)

    def of_part(self, key: Key, kind: str, name: str) -> str:
        """Return what happens to a part of a table that itself stays."""
        return self.of(kind, (key, name)) if self.of_relation(key) in {"", CHANGED} else ""

    def drawn(self, key: Key, kind: str, name: str) -> str:
        """Return what a picture shows of a part: all of a table comes and goes with it."""
        whole = self.of_relation(key)
        return whole if whole in {ADDED, GONE} else self.of_part(key, kind, name)

    def of_column(self, key: Key, name: str) -> str:
        """Return what happens to a column of a table that itself stays."""
        return self.of_part(key, "columns", name)


def compare_schemas(before: Schema, after: Schema) -> tuple[Schema, Changes]:
    """Return a schema with what is in either, and what differs."""
    merger = _Merger()
    kinds = [one.name for one in fields(after) if one.name != "major"]
    merged: dict[str, Any] = {
        kind: merger.merge(kind, getattr(before, kind), getattr(after, kind)) for kind in kinds
    }
    past = {one.key: one for one in before.relations}
    now = {one.key: one for one in after.relations}
    merged["relations"] = tuple(
        merger.merge_relation(past[one.key], now[one.key])
        if one.key in past and one.key in now
        else one
        for one in merged["relations"]
    )
    return replace(after, **merged), Changes(merger.found, merger.before)


@dataclass(frozen=True)
class _Merger:
    """Notes what differs while it puts two sides together; see `Changes`."""

    found: dict[tuple[str, Any], str] = field(default_factory=dict)
    before: dict[tuple[str, Any], Any] = field(default_factory=dict)

    def merge(
        self, kind: str, past: Iterable[_Named], now: Iterable[_Named], table: Key | None = None
    ) -> tuple[_Named, ...]:
        """Return what is in either side. table: whose parts they are."""
        old = {_name(one): one for one in past}
        new = {_name(one): one for one in now}
        for name in [*new, *(name for name in old if name not in new)]:
            place = (kind, name if table is None else (table, name))
            if name not in old:
                self.found[place] = ADDED
            elif name not in new:
                self.found[place] = GONE
            elif _compared(old[name]) != _compared(new[name]):
                self.found[place], self.before[place] = CHANGED, old[name]
        both = {**old, **new}
        if table is not None:  # parts in their order, those that are gone last
            return tuple({**new, **both}.values())
        return tuple(both[name] for name in sorted(both))

    def merge_relation(self, past: Relation, now: Relation) -> Relation:
        """Return a table with the parts that it has on either side."""
        parts: dict[str, Any] = {
            kind: self.merge(kind, getattr(past, kind), getattr(now, kind), now.key)
            for kind in PARTS
        }
        return replace(now, **parts)


def _name(one: Any) -> Any:  # noqa: ANN401  # of any kind
    """Return what tells an object from the others of its kind."""
    key = getattr(one, "key", None) or one.name
    return (key, one.arguments) if hasattr(one, "arguments") else key


def _compared(one: Any) -> Any:  # noqa: ANN401  # of any kind
    own = {item.name: None for item in fields(one) if item.name in _NOT_COMPARED}
    return replace(one, **own)
