"""A change in two revisions: what is one plain transaction, and what commits in steps.

A run that dies leaves nothing of the one; of the other, steps that the next run passes over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.proof.candidate import open_candidate
from alembic_pg.autogenerate.split import stages as split_stages
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.options import Settings
from alembic_pg.plan.planner import Planner
from alembic_pg.revisions import statements
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

    # What operations execute, by their identity.
    ExecutedStatements = dict[int, list[RevisionStatement]]

# What begins a constraint's name, or one that has none.
_CONSTRAINT_WORDS = ("CONSTRAINT", "CHECK", "FOREIGN", "UNIQUE", "PRIMARY", "EXCLUDE")


def split_off_steps(
    context: MigrationContext, comparison: Comparison, operations: Sequence[MigrateOperation]
) -> tuple[Stages, bool] | None:
    """Return the two revisions, and whether the one in steps is the first of them.

    operations: proven as they are. None where all are of one nature, or need each other in turn:
    where a view goes for as long as a type changes, say.
    """
    found = split_stages.without_renames_and_checks(comparison, operations)
    proving = split_stages.make_prover(context, comparison)
    if len(found) == 1:
        return None
    said = {id(one): statements.operation_statements(proving.context, one) for one in found}
    stepping = {id(one) for one in _operations_in_steps(context, comparison, proving, found, said)}
    if not stepping:
        return None
    stepping |= _constraint_replacements(said, stepping)
    plain = [operation for operation in found if id(operation) not in stepping]
    steps = [operation for operation in found if id(operation) in stepping]
    if not plain:
        return None
    for first, second in ((plain, steps), (steps, plain)):
        try:
            stages = proving.stages(first, second)
        except Exception:  # noqa: BLE001, S112  # whatever it is, this is not the way
            continue
        if stages is not None:
            return stages, first is steps
    return None


def _constraint_replacements(said: ExecutedStatements, stepping: set[int]) -> set[int]:
    """Return the operations that drop a constraint of a table to which the steps add one.

    It may be the same one anew: from a revision before on, rows would go unchecked until then.
    """
    adding, dropping = (
        {
            one: {table for part in parts for table in _constraint_tables(part.sql, verb)}
            for one, parts in said.items()
        }
        for verb in ("ADD", "DROP")
    )
    anew = {table for one in stepping for table in adding[one]}
    return {one for one, tables in dropping.items() if tables & anew}


def _constraint_tables(sql: str, verb: str) -> Iterator[QualifiedName]:
    """Yield the tables to which a statement adds constraints, or from which it drops some."""
    cursor = Cursor(sql)
    if not cursor.accept("ALTER", "TABLE"):
        return
    cursor.accept("IF", "EXISTS")
    cursor.accept("ONLY")
    table = cursor.qualified_name()
    for action in cursor.split_commas():
        if action.accept(verb) and action.accept_any(*_CONSTRAINT_WORDS):
            yield table


def _operations_in_steps(
    context: MigrationContext,
    comparison: Comparison,
    proving: Prover,
    found: Sequence[MigrateOperation],
    said: ExecutedStatements,
) -> Iterator[MigrateOperation]:
    """Yield the operations that commit in steps on a table with rows."""
    made = {flatten.table_key(one) for one in found if isinstance(one, ops.CreateTableOp)}
    if not any(
        parser.parse(statement.sql)
        for one in found
        if not isinstance(one, ops.CreateTableOp) and flatten.table_key(one) not in made
        for statement in said[id(one)]
    ):
        return
    going = {flatten.table_key(one) for one in found if isinstance(one, ops.DropColumnOp)}
    with (
        open_candidate(comparison, proving.context) as one,
        connect(one.url, source=SCRATCH_SOURCE) as connection,
    ):
        planner = Planner(context, connection, Settings(), RunState(), large=True)
        planner.start()
        one.run(comparison.renames)
        for operation in found:
            hows = [planner.ask(statement) for statement in said[id(operation)]]
            # An index of a column that goes is dropped beside it.
            beside = (
                isinstance(operation, ops.DropIndexOp) and flatten.table_key(operation) in going
            )
            if any(how.steps for how in hows) and not beside:
                yield operation
            one.run([operation])
