"""Read and rename column types; decide whether a new one keeps every value (PostgreSQL, 8).

A change that is not known to keep every value is taken to lose some: a false alarm costs a person
one line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic_pg.sql.cursor import Cursor, QualifiedName
    from alembic_pg.sql.lexer import Token

# Other names of types (PostgreSQL, table 8.1).
_ALIASES = {
    "bool": "boolean",
    "bpchar": "character",
    "char": "character",
    "decimal": "numeric",
    "float": "double precision",
    "float4": "real",
    "float8": "double precision",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "serial": "integer",
    "bigserial": "bigint",
    "smallserial": "smallint",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "timestamp": "timestamp without time zone",
    "time": "time without time zone",
    "varbit": "bit varying",
    "varchar": "character varying",
}

# Types of several words; the longest first.
_MULTIWORD_TYPES = (
    "double precision",
    "character varying",
    "char varying",
    "national character varying",
    "national character",
    "bit varying",
)

_INTEGER_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
_TEXT_TYPES = {"text", "citext", "character varying", "character"}
_TIME_TYPES = {"timestamp", "time"}

# Old and new types beside those that a function here compares.
_LOSSLESS = {
    ("smallint", "real"),
    ("smallint", "double precision"),
    ("integer", "double precision"),
    ("real", "double precision"),
    ("date", "timestamp without time zone"),
    ("date", "timestamp with time zone"),
    ("cidr", "inet"),
    ("macaddr", "macaddr8"),
    ("json", "jsonb"),
    ("jsonb", "json"),
    ("int4range", "int8range"),
    ("boolean", "integer"),
}

# Types that read a text and change nothing of it but spaces and the case of digits.
_PARSED_FROM_TEXT = {"uuid", "json", "jsonb", "xml"}


@dataclass(frozen=True)
class ColumnType:
    """A column's type.

    name: the full form, with the schema of a type that is not built in. arguments: the numbers in
    brackets after the name. values: those of an enum, else empty. array: whether it is an array.
    """

    name: str
    arguments: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    array: bool = False

    def __str__(self) -> str:
        """Return the type as a person writes it."""
        head, _, zone = self.name.partition(" with")
        modifier = f"({','.join(map(str, self.arguments))})" if self.arguments else ""
        return f"{head}{modifier}{f' with{zone}' if zone else ''}{'[]' if self.array else ''}"

    @property
    def length(self) -> int | None:
        """The number of characters that a text may have, None without a limit."""
        if self.name == "character" and not self.arguments:
            return 1
        return self.arguments[0] if self.arguments else None


def read_type(cursor: Cursor) -> ColumnType:
    """Step over a type, and return it."""
    name = next((one for one in _MULTIWORD_TYPES if cursor.accept(*one.upper().split())), "")
    schema = ""
    if not name:
        quoted = cursor.current is not None and cursor.current.kind == "quoted"
        schema, name = cursor.qualified_name()
        if not quoted or schema == "pg_catalog":
            name = _ALIASES.get(name, name)
    name = name.replace("char ", "character ").removeprefix("national ")
    arguments: tuple[int, ...] = ()
    if cursor.peek("("):
        found = [token.text for part in cursor.split_commas() for token in part.tokens]
        arguments = _signed_numbers(found)
    if cursor.accept_any("WITH TIME ZONE", "WITH LOCAL TIME ZONE"):
        name = f"{name.partition(' ')[0]} with time zone"
    cursor.accept("WITHOUT", "TIME", "ZONE")
    if name == "double precision" and arguments:
        name, arguments = ("real" if arguments[0] <= _MAX_REAL_PRECISION else name), ()
    array = cursor.accept("ARRAY")
    while cursor.accept("["):
        cursor.position += 0 if cursor.peek("]") else 1
        cursor.accept("]")
        array = True
    own = schema not in {"", "public", "pg_catalog"}
    return ColumnType(f"{schema}.{name}" if own else name, arguments, (), array)


# float(1) to float(24) are of single precision.
_MAX_REAL_PRECISION = 24


def _signed_numbers(texts: list[str]) -> tuple[int, ...]:
    """Return the numbers among texts, negative after a minus sign."""
    found, sign = [], 1
    for text in texts:
        if text == "-":
            sign = -1
        elif text.isdecimal():
            found.append(sign * int(text))
            sign = 1
    return tuple(found)


def keeps_every_value(old: ColumnType, new: ColumnType) -> bool:
    """Return whether a change of type keeps every value, or fails where it cannot."""
    if old == new:
        return True
    if old.array != new.array:
        return new.name in _TEXT_TYPES and new.length is None and not new.array
    if old.values and new.values:
        return set(old.values) <= set(new.values)
    if new.name in _TEXT_TYPES:
        return _fits_text(old, new)
    if old.name in _TEXT_TYPES:
        return bool(new.values) or new.name in _PARSED_FROM_TEXT
    return _fits_other_types(old, new)


def _fits_other_types(old: ColumnType, new: ColumnType) -> bool:
    """Return whether a change keeps every value, of types that are no texts."""
    if new.name == "numeric":
        return _fits_numeric(old, new)
    if old.name in _INTEGER_DIGITS and new.name in _INTEGER_DIGITS:
        return _INTEGER_DIGITS[old.name] <= _INTEGER_DIGITS[new.name]
    if {old.name.partition(" ")[0], new.name.partition(" ")[0]} <= _TIME_TYPES:
        return _fits_time(old, new)
    if old.name in {"bit", "bit varying"} and new.name == "bit varying":
        return not new.arguments or (bool(old.arguments) and old.arguments <= new.arguments)
    return (old.name, new.name) in _LOSSLESS or (old.name == new.name and not new.arguments)


def _fits_text(old: ColumnType, new: ColumnType) -> bool:
    if new.length is None:
        return True
    if old.values:
        return max(map(len, old.values)) <= new.length
    return old.name in _TEXT_TYPES and old.length is not None and old.length <= new.length


def _fits_numeric(old: ColumnType, new: ColumnType) -> bool:
    if old.name in _INTEGER_DIGITS:
        digits, scale = _INTEGER_DIGITS[old.name], 0
    elif old.name == "numeric":
        if not old.arguments:
            return not new.arguments
        digits, scale = (*old.arguments, 0)[:2]
    else:
        return False
    if not new.arguments:
        return True
    wider, finer = (*new.arguments, 0)[:2]
    return finer >= scale and wider - finer >= digits - scale


# Digits of a second where none are said.
_MICROSECONDS = 6


def _fits_time(old: ColumnType, new: ColumnType) -> bool:
    before, after = ((*one.arguments, _MICROSECONDS)[0] for one in (old, new))
    zone = " with " in old.name and " with " not in new.name
    same = old.name.partition(" ")[0] == new.name.partition(" ")[0]
    return same and not zone and before <= after


_NUMBER_TYPES = {*_INTEGER_DIGITS, "numeric", "real", "double precision"}


def are_compatible(old: ColumnType, new: ColumnType) -> bool:
    """Return whether code that reads and writes one type can do so with the other."""
    if not keeps_every_value(old, new):
        return False
    return old.array == new.array and (
        _type_family(old) == _type_family(new) or (old.name in _TEXT_TYPES and bool(new.values))
    )


def _type_family(one: ColumnType) -> str:
    for family, names in (("text", _TEXT_TYPES), ("number", _NUMBER_TYPES)):
        if one.name in names:
            return family
    return one.name.partition(" ")[0]


def with_renamed_type(sql: str, old: QualifiedName, new: str) -> str:
    """Return a statement about a table, or a part of one, in which a type has another name.

    old: the type; a column may be called so, too. new: its name in the same schema.
    """
    found, parts, end = tokenize(sql), [], 0
    for at, token in enumerate(found):
        if token.identifier != old[1]:
            continue
        qualified = at > 1 and found[at - 1].text == "." and bool(found[at - 2].identifier)
        start = at - 2 if qualified else at
        if qualified and found[start].identifier != old[0]:
            continue
        if qualified or _is_type_place(found[:start]):
            parts += [sql[end : found[start].start], quote_name(old[0], new)]
            end = token.end
    return "".join([*parts, sql[end:]])


def with_renamed_types(sql: str, names: Mapping[QualifiedName, str]) -> str:
    """Return a part of a statement with the new names of types. names: these, by the types."""
    for old, new in names.items():
        sql = with_renamed_type(sql, old, new)
    return sql


def _is_type_place(before: Sequence[Token]) -> bool:
    """Return whether a type stands after some tokens: TYPE, ::, or ADD COLUMN and a name."""
    words = [token.keyword or token.text for token in before[-3:]]
    return (
        words[-1:] == ["TYPE"]
        or words[-2:] == [":", ":"]
        or words[-2:-1] == ["COLUMN"]
        or (words[-2:-1] == ["ADD"] and words[-1:] != ["COLUMN"])
    )
