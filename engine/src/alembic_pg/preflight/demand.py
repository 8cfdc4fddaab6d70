"""Define what a pending statement demands of the rows that are there, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.preflight.row_query import ROWS

if TYPE_CHECKING:
    from alembic_pg.preflight.row_query import RowQuery


@dataclass(frozen=True)
class Demand:
    """What rows must be so that a statement is not refused.

    kind: check, not null, foreign key, unique, exclusion, type, enum value, value or bound.
    label: the object, as a person calls it. meaning: what a row does that is refused, with its
    verb. rows: those that it is about. where: which of them, "" for all.
    alias: what the expressions call the rows.
    wrong: the condition of a row that is refused. evaluated: an expression that must not fail, and
    must fit the type as_type. distinct_by: expressions that no two rows may have in common;
    nulls_equal: whether two NULLs are the same. operators: those of an exclusion, one for each of
    distinct_by. shown: the expressions whose values explain a refusal.
    """

    kind: str
    label: str
    meaning: str
    rows: RowQuery
    alias: str = ROWS
    where: str = ""
    wrong: str = ""
    evaluated: str = ""
    as_type: str = ""
    distinct_by: tuple[str, ...] = ()
    nulls_equal: bool = False
    operators: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether a row by itself says whether it is refused, as cheaply as it is read."""
        whole = self.operators or self.distinct_by or self.evaluated
        return not whole and self.kind != "foreign key"


@dataclass(frozen=True)
class Unasked:
    """A demand that cannot be asked of the target. why: as a sentence."""

    kind: str
    label: str
    why: str


@dataclass(frozen=True)
class Finding:
    """How many rows refuse.

    statement: the pending one, as a person calls it; number: its place in its revision, from 0.
    kind, object, meaning: as those of the demand. table: whose rows they are. count: of rows, of a
    unique one of values that are there more than once; None where nobody can tell, why: as a
    sentence. at_least: whether there may be more. example: a row, by its key. values: its values,
    where they are asked for.
    remark: what may change the count until the run. seconds: how long the question took; together:
    of how many such it was a part.
    """

    statement: str
    kind: str
    object: str
    table: str = ""
    meaning: str = ""
    count: int | None = None
    at_least: bool = False
    why: str = ""
    example: str = ""
    values: dict[str, str | None] = field(default_factory=dict)
    remark: str = ""
    seconds: float = 0.0
    together: int = 1
    number: int = 0

    @property
    def refuses(self) -> bool:
        """Whether the run would be refused."""
        return bool(self.count)
