"""UPDATE and DELETE: in batches where the revision says so, or where nobody can tell.

What would change many rows of a large table in one transaction, for which their writers wait, is
refused unless the revision names the table.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING

from alembic_pg.online.backfill import eligibility, volatility
from alembic_pg.online.backfill.row_ranges import Rows
from alembic_pg.online.run import large_tables
from alembic_pg.online.run.helper_names import unquoted
from alembic_pg.online.strategies import large_dml
from alembic_pg.sql.lexer import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import Change

# What decides about the partition of a row, at each level.
_KEYS = """
SELECT pg_get_partkeydef(relid) FROM pg_partition_tree(:table) WHERE NOT isleaf
"""


def form(
    runner: Runner, shape: Change, table: Relation, *, asked: bool
) -> Callable[[Runner, Change, Relation, str], None] | None:
    """Return how to execute UPDATE or DELETE in batches, None for what stays one statement.

    asked: whether the revision wants it. Else that is done where nobody can tell the difference.
    Raises LeftNothingError for what would change many rows of a large table at once.
    """
    moves = _moves(runner, shape, table)
    if asked:
        if moves:
            raise runner.refuse(
                f"in batches, the {shape.verb} of {table.shown} cannot set {moves}, which decides "
                "about the partition: execute it for each partition, or without batches."
            )
        return change
    if shape.fills and not moves:
        remember(runner, shape, table)
    if not large_tables.large(table) and not runner.resumed(shape.sql):
        return None
    if shape.fills and not moves and not eligibility.of(runner, table):
        fixed = volatility.at(runner, shape, volatility.moment(runner))
        if volatility.possible(runner, fixed, table):
            return partial(fill, timed=fixed != shape)
    # Of a column that is new the planner knows nothing.
    if shape.fills or large_dml.expected(runner, shape.sql):
        large_tables.allow(
            runner,
            table,
            f"{shape.verb.partition(' ')[0]}, not in batches,",
            'Let it run in batches: execution_options={"batches": True}, '
            "and a WHERE that leaves out the rows that are done.",
            large_dml.EFFECT,
        )
    return None


def remember(runner: Runner, shape: Change, table: Relation) -> None:
    """Remember what fills a column: a NOT NULL may find rows that were added since."""
    runner.fills[table.oid, unquoted(shape.fills)] = shape


def fill_again(runner: Runner, table: Relation, column: str) -> None:
    """Fill what old code has added since the revision filled the column; now it cannot any more.

    column: as the catalog has it. Where that is not certain to be the same, NOT NULL tells.
    """
    shape = runner.fills.get((table.oid, column))
    if shape is None or eligibility.of(runner, table):
        return
    shape = volatility.at(runner, shape, volatility.moment(runner))
    if volatility.possible(runner, shape, table):
        runner.in_batches(table, Rows.filling(shape), quiet=True)


def change(runner: Runner, shape: Change, table: Relation, key: str) -> None:
    """Execute UPDATE or DELETE in batches.

    Raises UserError when it has no WHERE, or one that its own work does not end.
    """
    runner.settle()
    if not shape.condition:
        raise runner.refuse(
            f"in batches, the {shape.verb} of {table.shown} needs a WHERE that leaves out "
            "the rows that are done."
        )
    with runner.outside(key):
        runner.in_batches(table, Rows.of(shape))


def fill(runner: Runner, shape: Change, table: Relation, key: str, *, timed: bool) -> None:
    """Execute an UPDATE that fills a column in batches, for which nobody asked.

    timed: whether its value has the time in it, which is then the one at which it began.
    """
    runner.settle()
    began = runner.journal.detail(key) or (volatility.moment(runner) if timed else "")
    with runner.outside(key, began):
        if timed:
            shape = volatility.at(runner, shape, began)
        runner.in_batches(table, Rows.filling(shape), quiet=True)


def _moves(runner: Runner, shape: Change, table: Relation) -> str:
    """Return a column that an UPDATE sets and that decides about the partition, "" without."""
    if table.kind != "p" or shape.verb != "UPDATE":
        return ""
    columns = _set(shape.body)
    for (key,) in runner.rows(_KEYS, table=table.oid):
        for token in tokens(key):
            if token.identifier and token.identifier in columns:
                return token.text
    return ""


def _set(body: str) -> set[str]:
    """Return the columns that ``SET a = 1, (b, c) = …`` names."""
    columns, listed = set(), False
    for before, token in itertools.pairwise(tokens(body)):
        if before.keyword == "SET" or (before.text == "," and not before.depth):
            listed = token.text == "("
            columns.add(token.identifier)
        elif listed:
            columns.add(token.identifier)
            listed = token.text != ")"
    return columns
