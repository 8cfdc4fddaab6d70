"""What an upgrade would do to a target, and do nothing: ``alembic -x plan upgrade head``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ddl import destroys
from ddl.database import reason
from ddl.errors import UserError
from ddl.online import back, journal, ready, settings, waiting
from ddl.plan import describe, schema, shown, statements
from ddl.plan.asking import Planner
from ddl.plan.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from ddl.online.catalog import Relation
    from ddl.online.journal import Note
    from ddl.plan.statements import Statement
    from ddl.steps import Running
    from ddl.task import Run

# The option of a command, said as ``-x plan``.
OPTION = "plan"

HEAD = ("operation", "object", "how", "lock", "rows", "size")

# Of a table and its partitions, of which one without statistics has -1.
_ROWS = text("""
WITH RECURSIVE tree AS (
  SELECT CAST(:oid AS oid) AS oid
  UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
SELECT coalesce(sum(reltuples), -1) FROM pg_class JOIN tree USING (oid)
WHERE relkind IN ('r', 'm') AND reltuples >= 0
""")


def wanted(task: Run) -> bool:
    """Return whether a person wants to see the plan instead of running revisions."""
    said = task.environment.get_x_argument(as_dictionary=True)
    return OPTION in said and task.command in {"upgrade", "downgrade"}


def show(task: Run, context: MigrationContext, connection: Connection, running: Running) -> None:
    """Print the plan of the command. connection: without a transaction, before and after.

    Raises UserError when a table cannot be looked at, since somebody else has locked it.
    """
    if connection.in_transaction():
        raise UserError("A plan needs a connection without a transaction.")
    arguments = task.environment.get_x_argument(as_dictionary=True)
    chosen = settings.read(arguments)
    planner = Planner(context, connection, chosen, running, online=settings.online(arguments))
    steps = list(task.environment.context_opts["fn"](running.heads, context))
    say = task.environment.config.print_stdout
    try:
        if steps:
            with connection.begin():
                own = context.version_table_schema
                ready.expect(connection, own, first=not running.heads)
        planner.start()
        with connection.begin():
            reader = Reader(schema.of(connection))
            note = _unfinished(task, context, connection, running, steps)
        for step in steps:
            running.step = step
            done = len(note.done) if note and note.revision == step.revision.revision else 0
            say("%s\n", "\n".join(_revision(step, planner, reader, done)))
    except DBAPIError as error:
        if not waiting.busy(error):
            raise
        locked = f"The plan cannot look at a table, which is locked: {reason.of(error)}."
        raise UserError(locked) from error
    if note is not None and _takes_back(task, running, note):
        taken = f"The upgrade of revision {note.revision} is half done, and would be taken back."
        say("%s\n\nNothing was done: this was the plan.", taken)
    elif not steps:
        say("Nothing to do: the database is there already.")
    else:
        say("Nothing was done: this was the plan.")


def _unfinished(
    task: Run,
    context: MigrationContext,
    connection: Connection,
    running: Running,
    steps: Sequence[Any],
) -> Note | None:
    """Return what an earlier run has left. Raises UserError where the run would say so and end."""
    table = journal.table_of(context)
    note = journal.read(connection, table)
    if steps and not (note and _takes_back(task, running, note)):
        name, direction = (
            steps[0].revision.revision,
            "upgrade" if steps[0].is_upgrade else "downgrade",
        )
        journal.opened(connection, table, name, direction, ", ".join(running.heads) or "base")
    return note


def _takes_back(task: Run, running: Running, note: Note) -> bool:
    destination = task.environment.context_opts.get("destination_rev") or ""
    script = task.environment.script
    return task.command == "downgrade" and back.wanted(script, note, running.heads, destination)


def _revision(step: Any, planner: Planner, reader: Reader, done: int) -> Iterator[str]:  # noqa: ANN401  # Alembic's step
    """Yield the lines about one revision. done: how many of its statements an earlier run did."""
    name = f"Revision {step.revision.revision} ({step.revision.doc})"
    try:
        said = statements.of(step.migration_fn)
    except statements.UnreadableError as error:
        yield f"{name} asks the database while it runs, and cannot be shown: {error}"
        return
    planner.turn()
    reader.begin()
    rows, steps = [], False
    for number, statement in enumerate(said):
        about = next(iter(planner.tables(statement.sql)), None)
        how = planner.ask(statement)
        steps = steps or bool(how.steps)
        reader.read(statement.sql, statement.existing)
        finished = "done by an earlier run" if number < done else how.steps
        rows.append((*_row(statement, finished), shown.lock(how, about), *_size(planner, about)))
    kind = "in steps, which commit" if steps else "one transaction"
    yield f"{name}: {kind}"
    if rows:
        yield shown.rendered(HEAD, rows)
    found = reader.end()
    own = getattr(step.revision.module, destroys.NAME, ()) if step.is_upgrade else found.destroys
    yield from shown.after(found, planner.refusals, own)


def _row(statement: Statement, how: str) -> tuple[str, str, str]:
    return (*describe.row(statement.sql), how)


def _size(planner: Planner, about: Relation | None) -> tuple[str, str]:
    if about is None or about.kind == "v":
        return "", ""
    with planner.connection.begin():
        rows = planner.connection.scalar(_ROWS, {"oid": about.oid})
    return shown.number(rows), shown.size(about.size)
