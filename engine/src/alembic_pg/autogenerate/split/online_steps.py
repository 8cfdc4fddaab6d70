"""Split a change into a transactional revision and one that commits in steps.

A run that dies leaves nothing of the transactional one; of the other it leaves steps, which the
next run passes over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.dump.entry import table_key
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.candidate import open_candidate
from alembic_pg.autogenerate.split import fill_order
from alembic_pg.autogenerate.split import stages as split_stages
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.options import command_settings
from alembic_pg.plan.planner import Planner
from alembic_pg.revisions.current_revision import RunState
from alembic_pg.sql import parser
from alembic_pg.sql.cursor import Cursor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.operations import MigrateOperation
    from alembic.runtime.migration import MigrationContext

    from alembic_pg.autogenerate.sides.comparison import Comparison
    from alembic_pg.autogenerate.split.stages import Prover, Stages
    from alembic_pg.revisions.statements import RevisionStatement
    from alembic_pg.sql.cursor import QualifiedName


# What begins a constraint's name, or one that has none.
_CONSTRAINT_WORDS = ("CONSTRAINT", "CHECK", "FOREIGN", "UNIQUE", "PRIMARY", "EXCLUDE")


def split_off_steps(
    context: MigrationContext, comparison: Comparison, operations: Sequence[MigrateOperation]
) -> tuple[Stages, bool] | None:
    """Return the two revisions, and whether the one in steps is the first of them.

    operations: proven as they are. None where all are transactional or all commit in steps, or
    where they need each other in turn: where a view is dropped while a type changes, or a trigger
    while rows are filled, say.
    """
    rest = split_stages.without_renames_and_checks(comparison, operations)
    prover = split_stages.make_prover(context, comparison)
    if len(rest) == 1:
        return None
    executed = _ExecutedStatements(prover)
    in_steps = {
        id(operation)
        for operation in _operations_in_steps(context, comparison, prover, rest, executed)
    }
    if not in_steps:
        return None
    in_steps |= _constraint_replacements(executed, rest, in_steps)
    pairs = fill_order.ordered_pairs(comparison, rest, executed.statements)
    in_steps |= fill_order.followers(pairs, in_steps)
    transactional = [operation for operation in rest if id(operation) not in in_steps]
    steps = [operation for operation in rest if id(operation) in in_steps]
    if not transactional:
        return None
    for first, second in ((transactional, steps), (steps, transactional)):
        if fill_order.turns_round(pairs, first):
            continue
        try:
            stages = prover.prove_stages(first, second)
        except Exception:  # noqa: BLE001, S112  # whatever it is, this is not the way
            continue
        if stages is not None:
            return stages, first is steps
    return None


class _ExecutedStatements:
    """Give what operations execute; of most nobody asks it."""

    def __init__(self, prover: Prover) -> None:
        self._prover = prover
        self._known: dict[int, list[RevisionStatement]] = {}

    def statements(self, operation: MigrateOperation) -> list[RevisionStatement]:
        """Return the statements of an operation."""
        if id(operation) not in self._known:
            self._known[id(operation)] = self._prover.statements(operation)
        return self._known[id(operation)]


def _constraint_replacements(
    executed: _ExecutedStatements, operations: Sequence[MigrateOperation], in_steps: set[int]
) -> set[int]:
    """Return the operations that drop a constraint of a table to which the steps add one.

    It may be the same constraint: if an earlier revision dropped it, rows would go unchecked.
    """
    adding, dropping = (
        {
            id(one): {
                table
                for part in executed.statements(one)
                for table in _constraint_tables(part.sql, verb)
            }
            for one in operations
        }
        for verb in ("ADD", "DROP")
    )
    added = {table for key in in_steps for table in adding[key]}
    return {key for key, tables in dropping.items() if tables & added}


def _constraint_tables(sql: str, verb: str) -> Iterator[QualifiedName]:
    """Yield the tables to which a statement adds constraints, or from which it drops some."""
    cursor = Cursor(sql)
    if not cursor.accept("ALTER", "TABLE"):
        return
    table = cursor.altered_table()
    for action in cursor.split_commas():
        if action.accept(verb) and action.accept_any(*_CONSTRAINT_WORDS):
            yield table


def _created_tables(operation: MigrateOperation) -> Iterator[QualifiedName]:
    """Yield the tables that an operation creates, by Alembic's words or by PostgreSQL's."""
    if isinstance(operation, ops.CreateTableOp):
        yield (operation.schema or "public", operation.table_name)
    elif isinstance(operation, StatementOp):
        for sql in operation.upgrade:
            cursor = Cursor(sql)
            if cursor.accept_any("CREATE TABLE", "CREATE UNLOGGED TABLE"):
                yield cursor.qualified_name()


def _name_of(table: str) -> QualifiedName:
    """Return the name of a table, as a statement names it."""
    return Cursor(table).qualified_name()


def _operations_in_steps(
    context: MigrationContext,
    comparison: Comparison,
    prover: Prover,
    operations: Sequence[MigrateOperation],
    executed: _ExecutedStatements,
) -> Iterator[MigrateOperation]:
    """Yield the operations that commit in steps on a table with rows."""
    made = {name for one in operations for name in _created_tables(one)}
    keys = {table_key(*name) for name in made}
    if not any(
        parsed is not None and not (parsed.table and _name_of(parsed.table) in made)
        for one in operations
        if not isinstance(one, ops.CreateTableOp) and flatten.changed_table_key(one) not in keys
        for parsed in (parser.parse(statement.sql) for statement in executed.statements(one))
    ):
        return
    dropping = {
        flatten.changed_table_key(one) for one in operations if isinstance(one, ops.DropColumnOp)
    }
    with (
        open_candidate(comparison, prover.context) as candidate,
        connect(candidate.url, source=SCRATCH_SOURCE) as connection,
    ):
        settings = command_settings(context.config)
        planner = Planner(context, connection, settings, RunState(), assume_large=True)
        planner.start()
        candidate.run(comparison.renames)
        for operation in operations:
            plans = [planner.summarize(statement) for statement in executed.statements(operation)]
            # The index of a dropped column is dropped along with it.
            dropped_with_column = (
                isinstance(operation, ops.DropIndexOp)
                and flatten.changed_table_key(operation) in dropping
            )
            if any(plan.steps for plan in plans) and not dropped_with_column:
                yield operation
            candidate.run([operation])
