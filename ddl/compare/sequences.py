"""A sequence that changes keeps its value: it is altered, never dropped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ddl.compare.entry import Dump, Entry

_OWN = re.compile(r"CREATE (?:UNLOGGED )?SEQUENCE (?P<name>\S.*?)\n(?P<options>.*);$", re.DOTALL)

_IDENTITY = re.compile(
    r"(?P<column>ALTER TABLE .*? ALTER COLUMN .*?) ADD GENERATED (?P<when>ALWAYS|BY DEFAULT)"
    r" AS IDENTITY \(\n    SEQUENCE NAME (?P<name>.*?)\n(?P<options>.*)\n\);$",
    re.DOTALL,
)


def turn(old: Entry, new: Entry, _: Dump) -> list[str] | None:
    """Return the statements that turn one sequence into another, or None where none can.

    Source: PostgreSQL, ALTER SEQUENCE; pg_dump prints every option except the defaults of AS and
    CYCLE.
    """
    for form in (_OWN, _IDENTITY):
        one, other = form.match(old.create), form.match(new.create)
        if one is None or other is None or one["name"] != other["name"]:
            continue
        statements = []
        if one["options"] != other["options"]:
            statements.append(_alter(other["name"], other["options"]))
        logged = ["UNLOGGED" if " UNLOGGED " in e.create[:25] else "LOGGED" for e in (old, new)]
        if form is _OWN and logged[0] != logged[1]:
            statements.append(f"ALTER SEQUENCE {other['name']} SET {logged[1]};")
        if form is _IDENTITY and one["when"] != other["when"]:
            statements.append(f"{other['column']} SET GENERATED {other['when']};")
        return statements
    return None


def undone(entry: Entry) -> str:
    """Return the statement that drops an identity, for which pg_dump has none; else ""."""
    match = _IDENTITY.match(entry.create)
    return f"{match['column']} DROP IDENTITY;" if match else ""


def _alter(name: str, options: str) -> str:
    words = " ".join(options.split())
    kind = "" if words.startswith("AS ") else "AS bigint "
    cycle = "" if words.endswith(" CYCLE") else " NO CYCLE"
    return f"ALTER SEQUENCE {name} {kind}{words}{cycle};"
