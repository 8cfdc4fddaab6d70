"""Define the hints of a model's ``info``; docs/hints.md is written from them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hint:
    """A key of ``info={…}`` that a comparison reads.

    example: a value, as Python. of: what has it. says: what it says. without: what happens without.
    """

    key: str
    example: str
    of: str
    says: str
    without: str


RENAMED_FROM = Hint(
    "renamed_from",
    '"title"',
    "a column, a table",
    "It is the one that had this name: it is renamed, and keeps its rows, indexes and sequences.",
    "The old one is dropped with its values, and the summary asks whether it is a rename.",
)
RENAMED_VALUES = Hint(
    "renamed_values",
    '{"shut": "closed"}',
    "a column of an enum",
    "The old value is the new one.",
    "The revision stops where rows have the old value.",
)
BACKFILL = Hint(
    "backfill",
    '"lower(name)"',
    "a column that is or becomes NOT NULL",
    "What rows without a value get: SQL over the row, a constant, or an expression of SQLAlchemy. "
    "`None`: nothing, the revision stops where such rows are.",
    "They get the server default, else a Python default that is a plain value; else the revision "
    "stops where such rows are.",
)
USING = Hint(
    "using",
    '"title::int"',
    "a column that changes its type",
    "How a value becomes one of the new type.",
    "PostgreSQL's own cast, or one that loses nothing; else the comparison says what is missing.",
)
USING_BACK = Hint(
    "using_back",
    '"title::text"',
    "the same",
    "How it becomes one of the old type again, in `downgrade()`.",
    "As for `using`.",
)

HINTS = (RENAMED_FROM, RENAMED_VALUES, BACKFILL, USING, USING_BACK)
