"""Keep the order of what fills a column's rows and of what changes how that ends.

A candidate has no rows: a NOT NULL before its UPDATE, or a trigger that the UPDATE fires, is proven
there, and fails where there are some.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter.detach_columns import mentions_names
from alembic_pg.autogenerate.ops.backfill_op import FillOp
from alembic_pg.autogenerate.scope import column_differences
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.sides.comparison import Comparison
    from alembic_pg.revisions.statements import RevisionStatement

# What an UPDATE fires, or what lets it see and write rows.
_REACTION = re.compile(r"(CREATE|DROP|ALTER) (OR REPLACE )?(CONSTRAINT )?(TRIGGER|RULE|POLICY) ")


@dataclass(frozen=True)
class OrderedPair:
    """Two operations, of which one fills rows, in the order in which they were proven.

    alters: whether the other one alters the table; else it says what an UPDATE of it does.
    """

    first: MigrateOperation
    second: MigrateOperation
    alters: bool


def ordered_pairs(
    comparison: Comparison,
    operations: Sequence[MigrateOperation],
    statements: Callable[[MigrateOperation], list[RevisionStatement]],
) -> list[OrderedPair]:
    """Return the pairs of operations that must stay in their order.

    statements: returns what an operation executes; it is asked only where rows are filled.
    """
    pairs: list[OrderedPair] = []
    for place, fill in enumerate(operations):
        if not isinstance(fill, FillOp):
            continue
        for other_place, other in enumerate(operations):
            if isinstance(other, FillOp):
                continue
            for alters in _bearings(comparison, fill, [part.sql for part in statements(other)]):
                first, second = (fill, other) if place < other_place else (other, fill)
                pairs.append(OrderedPair(first, second, alters))
    return pairs


def followers(pairs: Collection[OrderedPair], chosen: Collection[int]) -> set[int]:
    """Return the operations that alter the table of a chosen fill after it, by their id()."""
    return {
        id(pair.second)
        for pair in pairs
        if pair.alters and isinstance(pair.first, FillOp) and id(pair.first) in chosen
    }


def turns_round(pairs: Collection[OrderedPair], first: Collection[MigrateOperation]) -> bool:
    """Return whether a pair is turned round where some operations come before all others."""
    early = {id(operation) for operation in first}
    return any(id(pair.second) in early and id(pair.first) not in early for pair in pairs)


def _bearings(comparison: Comparison, fill: FillOp, texts: list[str]) -> Iterator[bool]:
    """Yield once whether statements alter what a fill reads or writes; nothing of most."""
    table = fill.column[:2]
    columns = {
        quote_name(name)
        for side in (comparison.before, comparison.after)
        for schema, relation, name in column_differences.columns_by_path(
            {key: side[key] for key in [f"TABLE {'.'.join(table)}"] if key in side}
        )
    }
    used = {name for name in columns if mentions_names(" ".join(fill.upgrade), [name])}
    for text in texts:
        cursor = Cursor(text)
        if cursor.accept("ALTER", "TABLE") and cursor.altered_table() == table:
            named = {name for name in columns if mentions_names(text, [name])}
            if not named or named & used:
                yield True
                return
        elif _REACTION.match(text) and mentions_names(text, [quote_name(table[1])]):
            yield False
            return
