"""Take away what a statement has made that was at work when a run ended."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.errors import UserError
from alembic_pg.online.ensure import index
from alembic_pg.online.run import half_done, stored_text, transactions, ways_back
from alembic_pg.online.run.helper_names import (
    IS_HELPER_CONSTRAINT,
    IS_HELPER_TRIGGER,
    IS_SHADOW_COLUMN,
    catalog_name,
)
from alembic_pg.online.strategies import (
    add_unique,
    create_index,
    create_index_partitioned,
    maintenance,
    replace_constraint,
)
from alembic_pg.sql import parser, session_statements, statements
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
FROM pg_constraint WHERE {IS_HELPER_CONSTRAINT}
UNION ALL SELECT format('ALTER TABLE %s DROP COLUMN %I CASCADE', attrelid::regclass, attname), 4
FROM pg_attribute AS a WHERE {IS_SHADOW_COLUMN}
UNION ALL SELECT format('DROP INDEX IF EXISTS %s', indexrelid::regclass), 5
FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname ~ '_ddl_new$'
ORDER BY 2, 1
"""  # noqa: S608  # it is ours

# What is noted of what takes the place of one that is there, and whose drop is not done.
_REPLACES = {create_index.NOTED_REPLACE, replace_constraint.NOTED_REPLACE}

# What finds a row as long as a statement that nothing undoes has done nothing.
_IS_ATTACHED = """
SELECT 1 FROM pg_inherits WHERE inhparent = to_regclass(:table)
  AND inhrelid = to_regclass(:part) AND NOT inhdetachpending
"""
_IS_NOT_VALID = """
SELECT 1 FROM pg_constraint WHERE conrelid = to_regclass(:table) AND conname = :part
  AND NOT convalidated
"""


def removal_statements(runner: Runner, note: ProgressNote) -> list[str]:
    """Return what takes away what the statement at work has made beside rows.

    Raises UserError where that is a column's type, or an index that is gone, which nothing brings
    back.
    """
    if not note.began:
        return []
    detail = note.began.partition(":")[2]
    if detail.startswith(ways_back.NOTED_TYPE_CHANGE):
        raise UserError("It has changed the type of a column")
    stored = note.text_of(note.began)
    sql = stored_text.whole_text(stored)
    statement = parser.parse(sql) if sql else None
    if statement is not None and _has_no_way_back(runner, statement):
        raise UserError(f"Nothing undoes what is at work ({stored_text.name_of_stored(stored)})")
    helpers = [row.sql for row in runner.fetch_rows(_DROP_HELPERS)]
    if isinstance(statement, statements.ConcurrentMaintenance):
        left = maintenance.left_indexes(runner, statement, detail)
        return [*helpers, *(f"DROP INDEX IF EXISTS {name}" for name in left)]
    return [*helpers, *(_own_objects(runner, statement, detail) if statement else ())]


def _has_no_way_back(runner: Runner, statement: statements.Statement) -> bool:
    """Return whether a statement has done for good what nothing undoes."""
    if isinstance(statement, statements.DropIndex):
        return not index.is_valid(runner, statement.name)
    if isinstance(statement, statements.DetachPartition):
        query, part = _IS_ATTACHED, statement.partition
    elif isinstance(statement, statements.ValidateConstraint):
        query, part = _IS_NOT_VALID, catalog_name(statement.name)
    else:
        return False
    return not runner.first_value(query, table=statement.table, part=part)


def take_away_if_edited(runner: Runner) -> None:
    """Take away what a statement has begun, where the revision was edited since and has others."""
    if _is_edited(runner):
        _take_away(runner)


@contextmanager
def finished_around(runner: Runner) -> Iterator[None]:
    """Finish the statement at work before the revision of the block, where need be, or after it.

    Where the block fails at its first statement, and would again, take away what that has begun.
    """
    _finish_first(runner)
    try:
        yield
    except DBAPIError as error:
        _take_away_failed(runner, error)
        raise
    _finish_last(runner)


def _take_away_failed(runner: Runner, error: DBAPIError) -> None:
    """Take away what a statement has begun that would fail again, where nothing else is done.

    The transaction that the error has ended is rolled back. A column that was added stays: a newer
    release may write it; so do rows that batches have changed.
    """
    note = runner.journal.note
    something_done = note.done or note.untracked or runner.committed_untracked
    if not note.began or something_done or not errors.fails_again(error):
        return
    stored = note.text_of(note.began)
    adds_column = isinstance(parser.parse(stored_text.whole_text(stored)), statements.AddColumn)
    has_column = adds_column and bool(note.began.partition(":")[2])
    # Such an error comes before the first row, in each batch: no other run has changed one either.
    is_refused = errors.is_refused_outright(error) and not runner.running.resumed
    if has_column or (stored_text.changes_rows(stored) and not is_refused):
        return
    transactions.roll_back(runner.context)
    # Where an event trigger forbids a drop, say, what is left is noted still, and told so.
    with runner.track_statements(), suppress(UserError, DBAPIError):
        steps = _removal_of_failed(runner, note, is_refused=is_refused)
        runner.run_short(*steps, *runner.journal.forgetting_statements())
        runner.journal.confirm_forgotten()


def _removal_of_failed(runner: Runner, note: ProgressNote, *, is_refused: bool) -> list[str]:
    try:
        return removal_statements(runner, note)
    except UserError:
        if is_refused:
            return []  # it may have no way back, but has not gone
        raise


def _finish_first(runner: Runner) -> None:
    """Finish the statement at work before a revision that asks the database what is there.

    It would find a column, say, and pass over the statement that still has to fill it; a later one
    would rename the column, or make again what the statement drops. Where the file was edited
    since, and does not have it, it is taken away instead. Nothing is done where the revision has it
    twice, sets its session's search_path, role or the like, or is known without running it: then it
    comes to the statement by itself.
    """
    sql = half_done.interrupted_text(runner.journal)
    if not sql or runner.revision_statements():
        return
    texts = runner.revision_texts()
    if texts.count(sql) > 1 or any(map(session_statements.is_session_statement, texts)):
        return
    detail = runner.journal.interrupted_at.partition(":")[2]
    may_differ = sql not in texts or detail in _REPLACES
    if may_differ and _is_edited(runner):
        with runner.track_statements():
            _take_away(runner)
    else:
        half_done.finish_interrupted(runner, passes_over=False)


def _finish_last(runner: Runner) -> None:
    """Finish the statement at work that the revision has passed over, which is through.

    Where the file was edited since, and does not have it, it is taken away instead.
    """
    with runner.track_statements():
        runner.run_pending()  # which may be the drop at which it ended
    sql = half_done.interrupted_text(runner.journal)
    if sql and sql not in runner.revision_texts() and _is_edited(runner):
        with runner.track_statements():
            _take_away(runner)
    else:
        half_done.finish_interrupted(runner, passes_over=True)
    half_done.settle_unmet(runner)


def _is_edited(runner: Runner) -> bool:
    """Return whether the revision was edited since; that reads all files beside it."""
    return half_done.is_edited(runner.journal.note, runner.running.step.revision)


def _take_away(runner: Runner) -> None:
    """Take away what a statement has begun that the revision no longer has."""
    note = runner.journal.note
    name = stored_text.name_of_stored(note.text_of(note.began))
    edited = f"and its statement is another one now: {name}. Let it be as it was."
    if ways_back.replaced_index(note) is not None:  # and the drop of the old one may have been met
        raise runner.stopped_error(f"The new index has its name already, {edited}")
    try:
        steps = removal_statements(runner, note)
    except UserError as error:
        raise runner.stopped_error(f"{error}, {edited}") from error
    if runner.in_autocommit_block:
        transactions.leave_autocommit(runner.connection)
    else:
        runner.commit()
    runner.run_short(*steps, *runner.journal.forgetting_statements())
    runner.journal.confirm_forgotten()
    if runner.in_autocommit_block:
        transactions.enter_autocommit(runner.connection)
    else:
        runner.begin()
    if steps:
        runner.warn(f"Dropped, since the revision no longer has it: {name}")


def drop_not_null(statement: statements.Statement, alter: str, detail: str) -> list[str]:
    """Return what lets the columns of a primary key be NULL that could be before."""
    key = isinstance(statement, statements.AddConstraint) and statement.kind == "PRIMARY"
    names = add_unique.parse_nullable_detail(detail) if key else []
    return [f"{alter} ALTER COLUMN {name} DROP NOT NULL" for name in names]


def _own_objects(runner: Runner, statement: statements.Statement, detail: str) -> Iterator[str]:
    """Yield what drops what a statement itself has made. detail: what it has noted.

    Raises UserError where a part of that is somebody else's.
    """
    table = runner.find_relation(statement.table) if statement.table else None
    if table is None or not detail:
        return
    alter = f"ALTER TABLE {quote_name(table.schema, table.name)}"
    builds = detail.partition(" ")[0] == index.NOTED_BUILD
    if detail == create_index.NOTED_REPLACED and isinstance(statement, statements.CreateIndex):
        yield from create_index.old_one_back(runner, statement, table)
    elif builds and isinstance(statement, statements.CreateIndex) and table.kind == "p":
        parts = create_index_partitioned.removal_statements(runner, statement, table, detail)
        if parts is None:
            raise UserError(f"{statement.name} has taken over an index that a partition had")
        yield from parts
    elif builds and isinstance(statement, statements.CreateIndex | statements.AddConstraint):
        yield f"DROP INDEX IF EXISTS {quote_name(table.schema)}.{statement.name}"
        yield from drop_not_null(statement, alter, detail)
    elif isinstance(statement, statements.AddConstraint):
        if detail != replace_constraint.NOTED_REPLACE:  # the old one is there
            yield f"{alter} DROP CONSTRAINT IF EXISTS {quote_name(detail)}"
    elif isinstance(statement, statements.AddColumn):
        yield f"{alter} DROP COLUMN IF EXISTS {statement.column}"
    elif isinstance(statement, statements.SetNotNull):
        yield f"{alter} ALTER COLUMN {statement.column} DROP NOT NULL"
