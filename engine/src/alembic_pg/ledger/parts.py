"""Compute what revisions make of the parts of a database, each a digest of its definition."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Of each object, its parts, each with the digest of its definition. A table, view or sequence goes
# by its quoted name with its schema, another object has its kind before: "public.votes",
# "type public.mood", "function public.twice(integer)", "schema other". A part is called as drift
# calls it: "column note", "index votes_a_idx"; the object itself "table", "view", "enum" ….
Parts = dict[str, dict[str, str]]

# What a revision makes of the parts, None for what it takes away.
PartChanges = dict[str, dict[str, str | None]]

TABLE = "table"

# Who owns it, where that is not who runs the revisions; and who may do what in the schema public.
OWNER, GRANTS, PUBLIC_SCHEMA = "owner", "grants", "schema public"

# Hexadecimal digits of a part's digest: it tells a definition from that which somebody made of it.
_DIGITS = 8


def part_digest(definition: str) -> str:
    """Return the digest of a part's definition."""
    return hashlib.sha256(definition.encode()).hexdigest()[:_DIGITS]


def part_changes(before: Parts, after: Parts) -> PartChanges:
    """Return what leads from some parts to others, in the order of their names."""
    changes: PartChanges = {}
    for name in sorted({*before, *after}):
        old, new = before.get(name, {}), after.get(name, {})
        own = {
            part: new.get(part) for part in sorted({*old, *new}) if old.get(part) != new.get(part)
        }
        if own:
            changes[name] = own
    return changes


def apply_changes(parts: Parts, changes: PartChanges) -> None:
    """Let parts become what a revision makes of them."""
    for name, own in changes.items():
        there = parts.setdefault(name, {})
        for part, digest in own.items():
            if digest is None:
                there.pop(part, None)
            else:
                there[part] = digest
        if not there:
            del parts[name]


def parts_after(
    changes: Mapping[str, PartChanges | None], revisions: Collection[str]
) -> Parts | None:
    """Return the parts that some revisions build together, None where one of them is not known.

    changes: of each revision by its id, those that run first before others.
    """
    if any(changes.get(one) is None for one in revisions):
        return None
    parts: Parts = {}
    for one, own in changes.items():
        if one in revisions and own is not None:
            apply_changes(parts, own)
    return parts


def without_rights(parts: Any) -> Any:  # noqa: ANN401  # Parts or PartChanges
    """Return parts without who owns what, which is asked elsewhere."""
    kept = {
        key: {part: digest for part, digest in own.items() if part not in {OWNER, GRANTS}}
        for key, own in parts.items()
    }
    return {key: own for key, own in kept.items() if own}
