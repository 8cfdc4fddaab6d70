"""Print the plan of an upgrade or downgrade, change nothing: ``alembic -x plan upgrade head``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alembic_pg.alembic_command import PLAN_FORM_OPTION, PLAN_STEPS_OPTION
from alembic_pg.console import status
from alembic_pg.database import errors, run_requirements
from alembic_pg.errors import FunctionError, UserError
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.recovery import undo
from alembic_pg.online.run import half_done, journal, large_tables
from alembic_pg.online.run.half_done import place_before
from alembic_pg.plan import event_triggers, text_form
from alembic_pg.plan.event_triggers import SeenCommands
from alembic_pg.plan.planner import Planner
from alembic_pg.plan.revision_plan import RevisionPlan, StatementPlan
from alembic_pg.plan.rights.missing_rights import MissingRights
from alembic_pg.revisions import schema_model, statements
from alembic_pg.revisions.current_revision import direction_of, place_name, revision_label
from alembic_pg.revisions.destroys_declaration import VARIABLE, declaration_line
from alembic_pg.revisions.impact import ImpactReader
from alembic_pg.sql import describe
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.online.run.journal import ProgressNote
    from alembic_pg.online.strategies.strategy import ExecutionSummary
    from alembic_pg.plan.revision_plan import PlanForm
    from alembic_pg.revisions.current_revision import RunState
    from alembic_pg.revisions.statements import RevisionStatement

# Of a table and its partitions, of which one without statistics has -1.
_ROW_ESTIMATE = text("""
WITH RECURSIVE tree AS (
  SELECT CAST(:oid AS oid) AS oid
  UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
SELECT coalesce(sum(reltuples), -1) FROM pg_class JOIN tree USING (oid)
WHERE relkind IN ('r', 'm') AND reltuples >= 0
""")


def print_plan(
    task: AlembicCommand, context: MigrationContext, connection: Connection, running: RunState
) -> None:
    """Print the plan of the command. connection: without a transaction, before and after.

    Raises UserError when a table cannot be looked at, since somebody else has locked it.
    """
    if connection.in_transaction():
        raise UserError("A plan needs a connection without a transaction.")
    chosen = task.settings
    planner = Planner(context, connection, chosen, running, use_strategies=chosen.online)
    opts = task.environment.context_opts
    form = form_of(task)
    steps = list(opts.get(PLAN_STEPS_OPTION, opts["fn"])(running.heads, context))
    try:
        if steps:
            with connection.begin():
                own = context.version_table_schema
                run_requirements.require_writable(connection, own, first=not running.heads)
        planner.start()
        with connection.begin():
            reader = ImpactReader(schema_model.read_schema(connection))
            note = _read_half_done(task, context, connection, running, steps)
            if note is not None and _would_undo(task, running, note):
                # Raises UserError where it would not, as the run does.
                undo.undo_statements(planner, note, place_name(running.heads))
        planner.event_triggers = event_triggers.read_event_triggers(planner) if steps else []
        rights = MissingRights(planner, journal.version_table_name(context))
        for step in status.counted(steps, "Planning", "revision"):
            running.step = step
            done = len(note.done) if note and note.revision == step.revision.revision else 0
            form.add(_plan_revision(step, planner, reader, rights, done))
    except DBAPIError as error:
        if not lock_retry.is_retryable(error):
            raise
        locked = (
            f"The plan cannot look at a table, which is locked: {errors.describe_error(error)}."
        )
        raise UserError(locked) from error
    finally:
        planner.end()
    undone = note.revision if note is not None and _would_undo(task, running, note) else ""
    form.end(undone=undone, nothing_to_do=not steps)


def form_of(task: AlembicCommand) -> PlanForm:
    """Return how the plan of the command is printed."""
    form: PlanForm | None = task.environment.context_opts.get(PLAN_FORM_OPTION)
    return form or text_form.TextForm(task.environment.config.print_stdout)


def _read_half_done(
    task: AlembicCommand,
    context: MigrationContext,
    connection: Connection,
    running: RunState,
    steps: Sequence[Any],
) -> ProgressNote | None:
    """Return what an earlier run has left. Raises UserError where the run would say so and end."""
    table = journal.version_table_name(context)
    note = journal.read_note(connection, table)
    if steps and not (note and _would_undo(task, running, note)):
        direction, place = direction_of(steps[0]), partial(place_before, context, running.heads)
        half_done.open_journal(connection, table, steps[0].revision, direction, place)
    return note


def _would_undo(task: AlembicCommand, running: RunState, note: ProgressNote) -> bool:
    destination = task.environment.context_opts.get("destination_rev") or ""
    script = task.environment.script
    return task.command == "downgrade" and undo.is_requested(
        script, note, running.heads, destination
    )


def _plan_revision(
    step: Any,  # noqa: ANN401  # Alembic's step
    planner: Planner,
    reader: ImpactReader,
    rights: MissingRights,
    done: int,
) -> RevisionPlan:
    """Return the plan of one revision. done: how many of its statements an earlier run did."""
    revision, label = step.revision.revision, revision_label(step.revision)
    try:
        said = statements.function_statements(step.migration_fn)
    except statements.UnreadableError as error:
        if isinstance(error.__cause__, FunctionError):
            raise UserError(f"Revision {label} would fail: {error}.") from error
        rights.unread = True
        warnings = planner.warnings_if_read(step)
        return RevisionPlan(revision, label, unreadable=str(error), warnings=warnings)
    planner.start_revision()
    reader.begin_revision()
    planned, missing = [], []
    seen = SeenCommands(planner.event_triggers)
    for number, statement in enumerate(said):
        lacking = [] if number < done else list(rights.refusals(statement.sql))
        summarize = planner.summarize_refused if lacking else planner.summarize
        planned.append(_plan_statement(statement, planner, summarize, is_done=number < done))
        missing += [refusal.text for refusal in lacking]
        if number >= done:
            seen.add(statement.sql, planned[-1].summary)
        reader.read_sql(statement.sql, statement.existing)
    doubts = tuple(rights.doubts)
    rights.doubts.clear()
    found = reader.end_revision()
    named = getattr(step.revision.module, VARIABLE, ()) if step.is_upgrade else found.destroys
    unconfirmed = tuple(name for name in found.destroys if name not in named)
    return RevisionPlan(
        revision,
        label,
        commits_steps=any(one.summary.steps for one in planned),
        statements=tuple(planned),
        destroys=tuple(found.destroys),
        unconfirmed=unconfirmed,
        declaration=declaration_line([*named, *unconfirmed]) if unconfirmed else "",
        breaks=tuple(found.breaks),
        warnings=(*doubts, *planner.warnings, *seen.warnings()),
        refusals=(*missing, *(refusal.text for refusal in planner.refusals)),
    )


def _plan_statement(
    statement: RevisionStatement,
    planner: Planner,
    summarize: Callable[[RevisionStatement], ExecutionSummary],
    *,
    is_done: bool,
) -> StatementPlan:
    about = next(iter(planner.tables_of(statement.sql)), None)
    summary = summarize(statement)
    said = describe.describe_statement(statement.sql)
    planned = StatementPlan(*said, summary, is_done, sql=statement.sql)
    if about is None:
        return planned
    planned = replace(planned, is_large=large_tables.is_large(planner, about))
    if about.kind == "v":
        return planned
    with planner.connection.begin():
        rows = planner.connection.scalar(_ROW_ESTIMATE, {"oid": about.oid})
    name = quote_name(about.schema, about.name)
    return replace(planned, rows=None if rows < 0 else rows, size=about.size, table=name)
