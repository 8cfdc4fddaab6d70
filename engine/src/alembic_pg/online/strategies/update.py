"""Run UPDATE and DELETE in batches, where the revision asks for it or the result is the same.

A statement that would change many rows of a large table in one transaction, for which their writers
wait, is refused unless the revision names the table.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from alembic_pg.online.backfill import eligibility, refill, volatility
from alembic_pg.online.run import large_tables, planned_changes
from alembic_pg.online.strategies.strategy import REWRITE_IN_BATCHES, Strategy, strategy
from alembic_pg.refusals import of_batches, of_statements
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.row_ranges import RowChange

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import UpdateOrDelete

# What decides about the partition of a row, at each level.
_PARTITION_KEYS = """
SELECT pg_get_partkeydef(relid) FROM pg_partition_tree(:table) WHERE NOT isleaf
"""


def strategy_for(
    runner: Runner, statement: UpdateOrDelete, table: Relation, *, in_batches: bool
) -> Strategy | None:
    """Return how to execute UPDATE or DELETE in batches, None for what stays one statement.

    asked: whether the revision wants it. Else that is done where nobody can tell the difference.
    Raises RefusedError for what would change many rows of a large table at once.
    """
    moves = _partition_column_set(runner, statement, table)
    if in_batches:
        if moves:
            kind = of_batches.BATCHES_OF_PARTITION_KEY
            raise runner.refused_error(kind(table.display_name, verb=statement.verb, column=moves))
        if not statement.condition:
            kind = of_batches.BATCHES_WITHOUT_WHERE
            raise runner.refused_error(kind(table.display_name, verb=statement.verb))
        return change_in_batches
    if statement.backfill_column and not moves:
        refill.remember_backfill(runner, statement, table)
    if not large_tables.is_large(runner, table) and not runner.was_interrupted(statement.sql):
        return None
    if statement.backfill_column and not moves and not eligibility.backfill_blocker(runner, table):
        fixed = volatility.with_fixed_time(runner, statement, volatility.current_time(runner))
        if volatility.is_batch_safe(runner, fixed, table):
            return backfill_in_batches.bound(timed=fixed != statement)
    # Of a column that is new the planner knows nothing.
    if statement.backfill_column or planned_changes.changes_many_rows(runner, statement.sql):
        large_tables.refuse_if_large(
            runner,
            table,
            of_statements.NOT_IN_BATCHES,
            verb=statement.verb.partition(" ")[0],
        )
    return None


@strategy("in batches", "ROW EXCLUSIVE", REWRITE_IN_BATCHES, meets_rows=True)
def change_in_batches(runner: Runner, statement: UpdateOrDelete, table: Relation, key: str) -> None:
    """Execute UPDATE or DELETE in batches.

    Raises UserError when it has a WHERE that its own work does not end.
    """
    runner.run_pending()
    with runner.outside_transaction(key):
        runner.change_in_batches(table, RowChange.from_statement(statement))


@strategy("in batches", "ROW EXCLUSIVE", REWRITE_IN_BATCHES, meets_rows=True)
def backfill_in_batches(
    runner: Runner, statement: UpdateOrDelete, table: Relation, key: str, *, timed: bool
) -> None:
    """Execute an UPDATE that fills a column in batches, for which nobody asked.

    timed: whether its value has the time in it, which is then the one at which it began.
    """
    runner.run_pending()
    began = runner.journal.detail(key) or (volatility.current_time(runner) if timed else "")
    with runner.outside_transaction(key, began):
        if timed:
            statement = volatility.with_fixed_time(runner, statement, began)
        runner.change_in_batches(table, RowChange.for_backfill(statement), quiet=True)


def _partition_column_set(runner: Runner, statement: UpdateOrDelete, table: Relation) -> str:
    """Return a column that an UPDATE sets and that decides about the partition, "" without."""
    if table.kind != "p" or statement.verb != "UPDATE":
        return ""
    columns = _columns_set(statement.body)
    for (key,) in runner.fetch_rows(_PARTITION_KEYS, table=table.oid):
        for token in tokenize(key):
            if token.identifier and token.identifier in columns:
                return token.text
    return ""


def _columns_set(body: str) -> set[str]:
    """Return the columns that ``SET a = 1, (b, c) = …`` names."""
    columns, listed = set(), False
    for before, token in itertools.pairwise(tokenize(body)):
        if before.keyword == "SET" or (before.text == "," and not before.depth):
            listed = token.text == "("
            columns.add(token.identifier)
        elif listed:
            columns.add(token.identifier)
            listed = token.text != ")"
    return columns
