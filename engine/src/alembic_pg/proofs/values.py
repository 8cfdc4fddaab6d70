"""Make values for columns with hypothesis: ordinary ones, and the ugly ones."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from alembic_pg.errors import UserError

try:
    import hypothesis
    from hypothesis import strategies as st
except ImportError as error:
    raise UserError(
        "The proofs of revisions make their rows with hypothesis: pip install hypothesis"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hypothesis.strategies import SearchStrategy

    from alembic_pg.proofs.tables import Column

# Bits of the integers, by the name of their type.
_INTEGER_BITS = {"int2": 16, "int4": 32, "int8": 64, "oid": 31}

# Texts of values, by the name of their type: empty ones, edges, and some in between.
_LISTED: dict[str, tuple[str, ...]] = {
    "bool": ("true", "false"),
    "float4": ("0", "-1.5", "1e30", "NaN", "Infinity"),
    "float8": ("0", "-1.5", "1e300", "NaN", "-Infinity"),
    "numeric": ("0", "1", "-1", "0.5", "12.34", "NaN", "123456789012345678901234567890.123456"),
    "money": ("0", "-1.25", "12.34"),
    "date": ("2024-02-29", "0001-01-01", "9999-12-31", "infinity"),
    "timestamp": ("2024-02-29 12:30:00.123456", "0001-01-01 00:00:00", "9999-12-31", "infinity"),
    "timestamptz": ("2024-02-29 12:30:00.123456+02", "0001-01-02 00:00+00", "infinity"),
    "time": ("00:00", "12:30:00.123456", "24:00:00"),
    "timetz": ("00:00+00", "12:30:00.123456+02"),
    "interval": ("0", "-1 day", "1 year 2 mons 3 days 04:05:06.789"),
    "uuid": ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "json": ("null", "{}", "[]", '{"a": [1, "x", null]}'),
    "jsonb": ("null", "{}", "[]", '{"a": [1, "x", null]}'),
    "bytea": ("", "\\x00", "\\xdeadbeef"),
    "inet": ("127.0.0.1", "::1/64"),
    "cidr": ("10.0.0.0/8", "::/0"),
    "macaddr": ("08:00:2b:01:02:03",),
    "point": ("(0,0)", "(1.5,-2)"),
    "xml": ("<a/>",),
    "tsvector": ("", "a:1 b:2"),
    "ltree": ("", "a.b"),
    "hstore": ("", "a=>1"),
}

# For a type that nobody listed: the server says which of them it takes.
_GUESSES = ("", "0", "1", "a", "{}", "()", "empty", "(,)", "127.0.0.1", "(0,0)", "2024-02-29")

_TEXTS = ("", " ", "a", "A", "b", "ä", "O'Neil", '"', "%s :x \\", "1", "true", "\t\n", "🐘")

# Characters of a long text where the column has no limit: more than a page of a table holds.
_LONG = 9_000

# A CHECK's limit of characters beyond which no text is made.
_LONGEST = 200_000

# Characters of texts that hypothesis makes: what it finds odd, and what a connection can carry.
_CHARACTERS = st.characters(min_codepoint=1, exclude_categories=["Cs"])

_NUMBER = re.compile(r"(?<![\w.'])-?\d+(?:\.\d+)?(?![\w.])")
_CONSTANT = re.compile(r"'((?:[^']|'')*)'")
# The server writes an operator of another schema as OPERATOR(public.~).
_PATTERN = re.compile(r"(?<!~)~\*?\)?\s*'((?:[^']|'')*)'")
_LIKE = re.compile(r"~~\*?\)?\s*'((?:[^']|'')*)'")

# Values of each column that hypothesis adds to the listed ones.
_DRAWN = 12


def draw(strategy: SearchStrategy[Any], count: int, seed: int) -> list[Any]:
    """Return what a strategy gives, the same for the same seed."""
    found: list[Any] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(value: object) -> None:
        found.append(value)

    collect()
    return found


def column_values(column: Column, expressions: Iterable[str], seed: int) -> list[str]:
    """Return texts of values for a column, each once; the server need not take all of them.

    expressions: of the CHECK constraints that read it, before and after a revision: their numbers,
    constants and patterns give values at their limits.
    """
    hints = list(expressions)
    values = [*_edge_values(column, hints)]
    drawn = _drawn_values(column, hints)
    values += draw(drawn, _DRAWN, seed)
    if column.category == "A":
        values = ["{}", "{NULL}", *(_array_text([one, one]) for one in values)]
    return list(dict.fromkeys(values))


def rows_strategy(pools: Mapping[str, int]) -> SearchStrategy[dict[str, int]]:
    """Return a strategy of rows: for each column, which of so many values it has."""
    return st.fixed_dictionaries(
        {name: st.integers(0, count - 1) for name, count in pools.items() if count}
    )


def _edge_values(column: Column, hints: list[str]) -> list[str]:
    """Return the listed values of a column's type, and those at the limits of its constraints."""
    if column.labels:
        return list(column.labels)
    name = column.element_type or column.base_type
    numbers = [Decimal(found) for hint in hints for found in _NUMBER.findall(hint)]
    constants = [found.replace("''", "'") for hint in hints for found in _CONSTANT.findall(hint)]
    if bits := _INTEGER_BITS.get(name):
        near = [int(number) + step for number in numbers for step in (-1, 0, 1)]
        return [
            str(one)
            for one in (0, 1, 2, -1, 7, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1, *near)
            if -(2 ** (bits - 1)) <= one < 2 ** (bits - 1)
        ] + constants
    if name == "numeric":
        near_limits = [str(number + step) for number in numbers for step in (-1, 0, 1)]
        return [*_LISTED["numeric"], *_widest_numbers(column), *near_limits]
    if name in {"text", "varchar", "bpchar", "citext", "name"}:
        limits = [int(number) for number in numbers if 0 < number <= _LONGEST]
        lengths = {max(limit + step, 0) for limit in limits for step in (-1, 0, 1)}
        lengths |= {column.length} if column.length else {_LONG}
        like = [
            found.replace("%", "x").replace("_", "x") for h in hints for found in _LIKE.findall(h)
        ]
        return [*_TEXTS, *constants, *like, *("x" * length for length in sorted(lengths))]
    return [*_LISTED.get(name, _GUESSES), *constants]


def _widest_numbers(column: Column) -> list[str]:
    """Return the largest number of a numeric with digits, and the smallest."""
    if column.precision is None:
        return []
    digits, scale = column.precision >> 16, column.precision & 0x7FF
    whole = "9" * max(digits - scale, 1)
    number = f"{whole}.{'9' * scale}" if scale else whole
    return [number, f"-{number}"]


def _drawn_values(column: Column, hints: list[str]) -> SearchStrategy[str]:
    """Return a strategy of texts of values of a column's type."""
    name = column.element_type or column.base_type
    if column.labels:
        return st.sampled_from(column.labels)
    if bits := _INTEGER_BITS.get(name):
        return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1).map(str)
    makers: dict[str, SearchStrategy[Any]] = {
        "numeric": st.decimals(-1000, 1000, places=2),
        "float4": st.floats(width=32),
        "float8": st.floats(),
        "date": st.dates(),
        "timestamp": st.datetimes(),
        "timestamptz": st.datetimes().map(lambda one: f"{one}+00"),
        "time": st.times(),
        "uuid": st.uuids(),
    }
    if name in makers:
        return makers[name].map(str)
    if name in {"text", "varchar", "bpchar", "citext", "name"}:
        longest = column.length or 40
        texts = st.text(_CHARACTERS, max_size=min(longest, 400))
        patterns = [found.replace("''", "'") for h in hints for found in _PATTERN.findall(h)]
        return st.one_of(texts, *(found for one in patterns for found in _matching(one)))
    return st.sampled_from(_LISTED.get(name, _GUESSES))


def _matching(pattern: str) -> list[SearchStrategy[str]]:
    """Return a strategy of texts that match a regular expression, none where Python has none."""
    try:
        whole = pattern.startswith("^")
        strategy = st.from_regex(re.compile(pattern), fullmatch=whole, alphabet=_CHARACTERS)
        strategy.validate()
    except Exception:  # noqa: BLE001  # PostgreSQL's expressions are other ones
        return []
    return [strategy]


def _array_text(values: list[str]) -> str:
    quoted = ('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in values)
    return "{" + ",".join(quoted) + "}"
