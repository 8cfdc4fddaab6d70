"""Summarize revisions for the screen: operations, locks, steps, losses and open questions."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from alembic.autogenerate.api import AutogenContext

from alembic_pg.autogenerate.hints import backfill
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.proof.candidate import open_candidate
from alembic_pg.autogenerate.report import lock_effects, operation_text, questions
from alembic_pg.autogenerate.report.differences import HEADER
from alembic_pg.autogenerate.scope.models import declared_tables
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.options import command_settings
from alembic_pg.plan import report
from alembic_pg.plan.planner import REFUSED, Planner
from alembic_pg.plan.strategy_summary import METADATA_ONLY
from alembic_pg.revisions import schema_model
from alembic_pg.revisions.current_revision import RunState
from alembic_pg.revisions.impact import ImpactReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.operations import MigrateOperation
    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import MigrationContext

    from alembic_pg.autogenerate.proof.candidate import Candidate
    from alembic_pg.autogenerate.report.lock_effects import LockEffect
    from alembic_pg.autogenerate.sides.comparison import Comparison

# What a hint calls all revisions of a change, by their number.
_ALL_REVISIONS = {1: "the revision", 2: "both revisions", 3: "the three revisions"}

REVISION_HEADER = (*HEADER, "lock", "nature", "on a large table")


def revision_summary(
    context: MigrationContext, comparison: Comparison, scripts: Sequence[MigrationScript]
) -> str:
    """Return each revision's operations with their locks and steps, and what it destroys.

    They run on a candidate once more for that, on which every table is taken for a large one.
    scripts: the revisions, in their order.
    """
    rendering = AutogenContext(context, autogenerate=False)
    lines: list[str] = []
    with (
        open_candidate(comparison, rendering) as candidate,
        connect(candidate.url, source=SCRATCH_SOURCE) as connection,
    ):
        settings = command_settings(context.config)
        planner = Planner(context, connection, settings, RunState(), assume_large=True)
        planner.start()
        with connection.begin():
            reader = ImpactReader(schema_model.read_schema(connection))
        for script in scripts:
            if len(scripts) > 1:
                lines += [*([""] if lines else []), f"Revision {script.rev_id} ({script.message}):"]
            lines += _revision_lines(script, candidate, planner, reader)
    tables = declared_tables(context.opts["target_metadata"])
    backfilled = backfill.columns_with_backfill(tables)
    for hint in questions.open_questions(comparison.before, comparison.after, backfilled):
        lines.append(hint.replace("delete the revision", f"delete {_ALL_REVISIONS[len(scripts)]}"))
    return "\n".join(lines)


def _revision_lines(
    script: MigrationScript, candidate: Candidate, planner: Planner, reader: ImpactReader
) -> Iterator[str]:
    """Yield the lines about one revision, and run it."""
    operations = [
        operation
        for upgrade in script.upgrade_ops_list
        for operation in flatten.flatten(upgrade.ops)
    ]
    planner.start_revision()
    reader.begin_revision()
    with closing(lock_effects.measure_effects(candidate, operations)) as measured:
        rows = [_operation_row(one, candidate, planner, reader, measured) for one in operations]
    yield report.render_table(REVISION_HEADER, rows)
    yield from report.findings_lines(reader.end_revision(), (), None)


def _operation_row(
    operation: MigrateOperation,
    candidate: Candidate,
    planner: Planner,
    reader: ImpactReader,
    measured: Iterator[LockEffect],
) -> tuple[str, ...]:
    """Return the row of the next operation, and run it."""
    executed = candidate.statements(operation)
    hows = [planner.summarize(statement) for statement in executed]
    for statement in executed:
        reader.read_sql(statement.sql, statement.existing)
    formed = next((how for how in hows if how.steps or how.effect == REFUSED), None)
    effect = next(measured)
    name, label = operation_text.operation_row(operation)
    if formed is None:
        return (name, label, *_lock_and_nature(effect, label), "")
    return (name, label, formed.lock or "none", formed.effect, formed.steps)


def _lock_and_nature(effect: LockEffect, label: str) -> tuple[str, str]:
    """Return the lock, with the tables where the object's name does not tell, and the nature."""
    others = [name for name in effect.locked if name not in label.split(".") and name not in label]
    where = f" on {', '.join(effect.locked)}" if others else ""
    return (
        f"{effect.lock}{where}",
        METADATA_ONLY if effect.duration == "metadata" else effect.duration,
    )
