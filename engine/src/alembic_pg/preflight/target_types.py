"""Say of the types that pending statements make or rename what the target can make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic_pg.preflight.snapshot import Column, Snapshot
    from alembic_pg.sql.lexer import Token


@dataclass(frozen=True)
class TargetTypes:
    """What stands for types in the target.

    replaced: by the schema and name that a type has now. An enum that is not there yet is text
    there, a domain its base type, and one with another name has its old one.
    """

    replaced: Mapping[tuple[str, str], str]

    def localize(self, expression: str) -> str:
        """Return an expression that casts to types of the target only."""
        if not self.replaced:
            return expression
        tokens = tokenize(expression)
        parts, end, at = [], 0, 0
        while at < len(tokens):
            length, other = self._type_at(tokens, at) if _names_type(tokens, at) else (0, "")
            if length:
                parts += [expression[end : tokens[at].start], other]
                end = tokens[at + length - 1].end
            at += length or 1
        return "".join([*parts, expression[end:]])

    def of(self, column: Column) -> str:
        """Return the type of a column, as the target can write it."""
        name = tokenize(column.type)
        length, other = self._type_at(name, 0) if name else (0, "")
        return other + column.type[name[length - 1].end :] if length else column.type

    def _type_at(self, tokens: list[Token], at: int) -> tuple[int, str]:
        """Return of how many tokens the name of a replaced type is, and what replaces it."""
        names = [one.identifier for one in tokens[at : at + 3]]
        if len(names) > 2 and tokens[at + 1].text == "." and names[2]:  # noqa: PLR2004  # schema.name
            found = self.replaced.get((names[0], names[2]))
            return (3, found) if found else (0, "")
        by_name = [other for (_, name), other in self.replaced.items() if name == names[0]]
        return (1, by_name[0]) if by_name and names[0] else (0, "")


def target_types(base: Snapshot, now: Snapshot) -> TargetTypes:
    """Return what stands for the types of now. base: what the target has."""
    replaced = {}
    for oid, one in now.types.items():
        old = base.types.get(oid)
        if old is None:
            replaced[one.schema, one.name] = "text" if one.kind == "e" else one.base
        elif (old.schema, old.name) != (one.schema, one.name):
            replaced[one.schema, one.name] = quote_name(old.schema, old.name)
    return TargetTypes(replaced)


def _names_type(tokens: list[Token], at: int) -> bool:
    """Return whether the type of a cast begins at a token: x::type, CAST (x AS type)."""
    before = tokens[max(at - 2, 0) : at]
    return [one.text for one in before] == [":", ":"] or (
        bool(before) and before[-1].keyword == "AS"
    )
