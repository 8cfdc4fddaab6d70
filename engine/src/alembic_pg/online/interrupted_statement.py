"""Take away what a statement has made that was at work when a run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.errors import UserError
from alembic_pg.online.ensure import index
from alembic_pg.online.run import half_done, stored_text, transactions, ways_back
from alembic_pg.online.run.helper_names import IS_HELPER_TRIGGER, IS_SHADOW_COLUMN
from alembic_pg.online.strategies import add_unique
from alembic_pg.sql import parser, statements
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.online.run.journal import ProgressNote
    from alembic_pg.online.run.revision_runner import Runner

# What a step that died has made beside what its statement says.
_DROP_HELPERS = f"""
SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) AS sql, 1 AS place
FROM pg_trigger WHERE {IS_HELPER_TRIGGER}
UNION ALL SELECT format('DROP FUNCTION %s', tgfoid::regprocedure), 2
FROM pg_trigger WHERE {IS_HELPER_TRIGGER}
UNION ALL SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname), 3
FROM pg_constraint WHERE conname ~ '_ddl_(new|not_null|bound)$' AND contype IN ('c', 'f')
UNION ALL SELECT format('ALTER TABLE %s DROP COLUMN %I CASCADE', attrelid::regclass, attname), 4
FROM pg_attribute AS a WHERE {IS_SHADOW_COLUMN}
UNION ALL SELECT format('DROP INDEX IF EXISTS %s', indexrelid::regclass), 5
FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname ~ '_ddl_new$'
ORDER BY 2, 1
"""  # noqa: S608  # it is ours


def removal_statements(runner: Runner, note: ProgressNote) -> list[str]:
    """Return what takes away what the statement at work has made beside rows.

    Raises UserError where that is a column's type, which nothing brings back.
    """
    if not note.began:
        return []
    detail = note.began.partition(":")[2]
    if detail.startswith(ways_back.NOTED_TYPE_CHANGE):
        raise UserError("It has changed the type of a column")
    helpers = [row.sql for row in runner.fetch_rows(_DROP_HELPERS)]
    sql = stored_text.whole_text(note.text_of(note.began))
    return [*helpers, *_own_objects(runner, sql, detail)]


def take_away_if_edited(runner: Runner) -> None:
    """Take away what a statement has begun, where the revision was edited since and has others."""
    note = runner.journal.note
    if not half_done.is_edited(note, runner.running.step.revision):
        return
    name = stored_text.name_of_stored(note.text_of(note.began))
    try:
        steps = removal_statements(runner, note)
    except UserError as error:
        raise runner.stopped_error(
            f"{error}, and its statement is another one now: {name}. Let it be as it was."
        ) from error
    if runner.in_autocommit_block:
        transactions.leave_autocommit(runner.connection)
    else:
        runner.commit()
    runner.run_short(*steps, *runner.journal.forgetting_statements())
    if runner.in_autocommit_block:
        transactions.enter_autocommit(runner.connection)
    else:
        runner.begin()
    if steps:
        runner.warn(f"Taken away, since the revision has it no more: {name}")


def drop_not_null(statement: statements.Statement, alter: str, detail: str) -> list[str]:
    """Return what lets the columns of a primary key be NULL that could be before."""
    key = isinstance(statement, statements.AddConstraint) and statement.kind == "PRIMARY"
    names = add_unique.parse_nullable_detail(detail) if key else []
    return [f"{alter} ALTER COLUMN {name} DROP NOT NULL" for name in names]


def _own_objects(runner: Runner, sql: str, detail: str) -> Iterator[str]:
    """Yield what drops what a statement itself has made. detail: what it has noted."""
    statement = parser.parse(sql) if sql else None
    table = (
        runner.find_relation(statement.table) if statement is not None and statement.table else None
    )
    if statement is None or table is None or not detail:
        return
    alter = f"ALTER TABLE {quote_name(table.schema, table.name)}"
    builds = detail.partition(" ")[0] == index.NOTED_BUILD
    if builds and isinstance(statement, statements.CreateIndex | statements.AddConstraint):
        yield f"DROP INDEX IF EXISTS {quote_name(table.schema)}.{statement.name}"
        yield from drop_not_null(statement, alter, detail)
    elif isinstance(statement, statements.AddConstraint):
        yield f"{alter} DROP CONSTRAINT IF EXISTS {quote_name(detail)}"
    elif isinstance(statement, statements.AddColumn):
        yield f"{alter} DROP COLUMN IF EXISTS {statement.column}"
    elif isinstance(statement, statements.SetNotNull):
        yield f"{alter} ALTER COLUMN {statement.column} DROP NOT NULL"
