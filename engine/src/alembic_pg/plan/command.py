"""Print the plan of an upgrade or downgrade, change nothing: ``alembic -x plan upgrade head``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alembic_pg.alembic_command import PLAN_STEPS_OPTION
from alembic_pg.database import errors, preflight
from alembic_pg.errors import UserError
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.recovery import undo
from alembic_pg.online.run import half_done, journal
from alembic_pg.plan import report
from alembic_pg.plan.planner import Planner
from alembic_pg.revisions import schema_model, statements
from alembic_pg.revisions.current_revision import direction_of, place_name, revision_label
from alembic_pg.revisions.destroys_declaration import VARIABLE
from alembic_pg.revisions.impact import ImpactReader
from alembic_pg.sql import describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.journal import ProgressNote
    from alembic_pg.revisions.current_revision import RunState
    from alembic_pg.revisions.statements import RevisionStatement

TABLE_HEAD = ("operation", "object", "how", "lock", "rows", "size")

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
    steps = list(opts.get(PLAN_STEPS_OPTION, opts["fn"])(running.heads, context))
    say = task.environment.config.print_stdout
    try:
        if steps:
            with connection.begin():
                own = context.version_table_schema
                preflight.require_writable(connection, own, first=not running.heads)
        planner.start()
        with connection.begin():
            reader = ImpactReader(schema_model.read_schema(connection))
            note = _read_half_done(task, context, connection, running, steps)
        for step in steps:
            running.step = step
            done = len(note.done) if note and note.revision == step.revision.revision else 0
            say("%s\n", "\n".join(_revision_lines(step, planner, reader, done)))
    except DBAPIError as error:
        if not lock_retry.is_retryable(error):
            raise
        locked = (
            f"The plan cannot look at a table, which is locked: {errors.describe_error(error)}."
        )
        raise UserError(locked) from error
    if note is not None and _would_undo(task, running, note):
        taken = f"The upgrade of revision {note.revision} is half done, and would be taken back."
        say("%s\n\nNothing was done: this was the plan.", taken)
    elif not steps:
        say("Nothing to do: the database is there already.")
    else:
        say("Nothing was done: this was the plan.")


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
        direction, at = direction_of(steps[0]), place_name(running.heads)
        half_done.open_journal(connection, table, steps[0].revision, direction, at)
    return note


def _would_undo(task: AlembicCommand, running: RunState, note: ProgressNote) -> bool:
    destination = task.environment.context_opts.get("destination_rev") or ""
    script = task.environment.script
    return task.command == "downgrade" and undo.is_requested(
        script, note, running.heads, destination
    )


def _revision_lines(step: Any, planner: Planner, reader: ImpactReader, done: int) -> Iterator[str]:  # noqa: ANN401  # Alembic's step
    """Yield the lines about one revision. done: how many of its statements an earlier run did."""
    name = f"Revision {revision_label(step.revision)}"
    try:
        said = statements.function_statements(step.migration_fn)
    except statements.UnreadableError as error:
        yield f"{name} asks the database while it runs, and cannot be shown: {error}"
        return
    planner.start_revision()
    reader.begin_revision()
    rows, steps = [], False
    for number, statement in enumerate(said):
        about = next(iter(planner.tables_of(statement.sql)), None)
        how = planner.summarize(statement)
        steps = steps or bool(how.steps)
        reader.read_sql(statement.sql, statement.existing)
        finished = "done by an earlier run" if number < done else how.steps
        rows.append(
            (
                *_operation_cells(statement, finished),
                report.lock_cell(how, about, planner),
                *_size_cells(planner, about),
            )
        )
    kind = "in steps, which commit" if steps else "one transaction"
    yield f"{name}: {kind}"
    if rows:
        yield report.render_table(TABLE_HEAD, rows)
    found = reader.end_revision()
    own = getattr(step.revision.module, VARIABLE, ()) if step.is_upgrade else found.destroys
    yield from report.findings_lines(found, planner.refusals, own, planner.warnings)


def _operation_cells(statement: RevisionStatement, how: str) -> tuple[str, str, str]:
    return (*describe.describe_statement(statement.sql), how)


def _size_cells(planner: Planner, about: Relation | None) -> tuple[str, str]:
    if about is None or about.kind == "v":
        return "", ""
    with planner.connection.begin():
        rows = planner.connection.scalar(_ROW_ESTIMATE, {"oid": about.oid})
    return report.format_row_count(rows), report.format_size(about.size)
