"""Alter one sequence into another without dropping it, so that it keeps its value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.database.server_features import ServerFeatures

_CREATE_SEQUENCE = re.compile(
    r"CREATE (?:UNLOGGED )?SEQUENCE (?P<name>\S.*?)\n(?P<options>.*);$", re.DOTALL
)

_IDENTITY = re.compile(
    r"(?P<column>ALTER TABLE .*? ALTER COLUMN .*?) ADD GENERATED (?P<when>ALWAYS|BY DEFAULT)"
    r" AS IDENTITY \(\n    SEQUENCE NAME (?P<name>.*?)\n(?P<options>.*)\n\);$",
    re.DOTALL,
)


def alter_statements(old: Entry, new: Entry, _: Dump, __: ServerFeatures) -> list[str] | None:
    """Return the statements that turn one sequence into another, or None where none can.

    Source: PostgreSQL, ALTER SEQUENCE; pg_dump prints every option except the defaults of AS and
    CYCLE.
    """
    for pattern in (_CREATE_SEQUENCE, _IDENTITY):
        old_match, new_match = pattern.match(old.create), pattern.match(new.create)
        if old_match is None or new_match is None or old_match["name"] != new_match["name"]:
            continue
        statements: list[str] = []
        if old_match["options"] != new_match["options"]:
            statements += _alter_options(
                new_match["name"],
                _SequenceOptions.from_match(old_match),
                _SequenceOptions.from_match(new_match),
            )
        logging = ["UNLOGGED" if " UNLOGGED " in e.create[:25] else "LOGGED" for e in (old, new)]
        if pattern is _CREATE_SEQUENCE and logging[0] != logging[1]:
            statements.append(f"ALTER SEQUENCE {new_match['name']} SET {logging[1]};")
        if pattern is _IDENTITY and old_match["when"] != new_match["when"]:
            statements.append(f"{new_match['column']} SET GENERATED {new_match['when']};")
        return statements
    return None


def drop_identity_statement(entry: Entry) -> str:
    """Return the statement that drops an identity, for which pg_dump has none; else ""."""
    match = _IDENTITY.match(entry.create)
    return f"{match['column']} DROP IDENTITY;" if match else ""


@dataclass(frozen=True)
class _SequenceOptions:
    """Hold the options of a sequence, as ALTER SEQUENCE takes them."""

    integer_type: str
    start: int
    increment: int
    minvalue: int
    maxvalue: int
    cache: int
    cycle: bool

    @classmethod
    def from_match(cls, match: re.Match[str]) -> _SequenceOptions:
        words = f" {' '.join(match['options'].split())} "
        integer_type = found[1] if (found := re.search(r" AS (\w+) ", words)) else "bigint"
        increment = _option_number(words, "INCREMENT BY", 1)
        largest = (1 << (_BITS[integer_type] - 1)) - 1
        return cls(
            integer_type=integer_type,
            start=_option_number(words, "START WITH", 1),
            increment=increment,
            minvalue=_option_number(words, "MINVALUE", 1 if increment > 0 else -largest - 1),
            maxvalue=_option_number(words, "MAXVALUE", largest if increment > 0 else -1),
            cache=_option_number(words, "CACHE", 1),
            cycle=words.endswith(" CYCLE "),
        )

    def __str__(self) -> str:
        cycle = "CYCLE" if self.cycle else "NO CYCLE"
        return (
            f"AS {self.integer_type} START WITH {self.start} INCREMENT BY {self.increment} "
            f"MINVALUE {self.minvalue} MAXVALUE {self.maxvalue} CACHE {self.cache} {cycle}"
        )


_BITS = {"smallint": 16, "integer": 32, "bigint": 64}


def _option_number(words: str, before: str, default: int) -> int:
    match = re.search(rf" {before} (-?\d+) ", words)
    return int(match[1]) if match else default


def _alter_options(name: str, old: _SequenceOptions, new: _SequenceOptions) -> Iterator[str]:
    """Yield how a sequence changes; one that was not used yet begins at its new start.

    Where the bounds get narrower, the value of another one may lie outside of them, and PostgreSQL
    refuses that.
    """
    if new.minvalue > old.minvalue or new.maxvalue < old.maxvalue:
        integer_type = max(old.integer_type, new.integer_type, key=_BITS.__getitem__)
        minvalue, maxvalue = min(old.minvalue, new.minvalue), max(old.maxvalue, new.maxvalue)
        yield f"ALTER SEQUENCE {name} AS {integer_type} MINVALUE {minvalue} MAXVALUE {maxvalue};"
        yield (
            f"SELECT pg_catalog.setval({quote_literal(name)}, {new.start}, false) "  # noqa: S608  # quoted
            f"FROM {name} WHERE NOT is_called;"
        )
    yield f"ALTER SEQUENCE {name} {new};"
