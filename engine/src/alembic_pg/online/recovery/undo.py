"""Undo an upgrade that stopped half-way, all of it or nothing, for ``alembic downgrade``.

A revision's own downgrade() would undo what never happened, too. So only what the note says to be
done is undone, and only where what undoes it is certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import Operations
from alembic.util import CommandError

from alembic_pg import events
from alembic_pg.errors import UserError
from alembic_pg.online.alembic_impl import OnlineImpl, statement_text
from alembic_pg.online.ensure import index
from alembic_pg.online.run import journal
from alembic_pg.online.run.helper_names import IS_HELPER_TRIGGER, IS_SHADOW_COLUMN, catalog_name
from alembic_pg.online.strategies import add_unique, change_type
from alembic_pg.sql import parser, session_statements, statements
from alembic_pg.sql.lexer import tokenize, without_literals
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.script import Script, ScriptDirectory

    from alembic_pg.database.catalog import Relation
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


class _ListingEndError(Exception):
    pass


def is_requested(
    script: ScriptDirectory, note: ProgressNote | None, heads: Sequence[str], destination: str
) -> bool:
    """Return whether a downgrade says to take back what is half done: down to where it began."""
    if note is None or note.direction != "upgrade":
        return False
    if not heads:
        return destination == "base"
    try:
        found = script.get_revision(destination)
    except CommandError:
        return False
    return [getattr(found, "revision", None)] == list(heads)  # none of base


def undo_upgrade(runner: Runner, revision: Script, note: ProgressNote, at: str) -> None:
    """Take back a revision that is half done, all or nothing; the connection has no transaction.

    at: where the database is. Raises UserError for what has nothing certain that undoes it.
    """
    listed = _list_statements(runner, revision, note)
    done, begun = listed[: len(note.done)], listed[len(note.done) :]
    by_hand = f"undo by hand what it did, then run: alembic stamp {at}"
    steps: list[str] = []
    added: set[str] = set()
    for sql, noted in zip(done, note.done, strict=True):
        undone = _undo_statements(runner, sql, noted.partition(":")[2], added)
        if undone is None:
            said = without_literals(sql)[:80]
            raise UserError(f"Nothing undoes a statement that is done ({said}): {by_hand}")
        steps = [*undone, *steps]
    if note.began:
        helpers = [row.sql for row in runner.fetch_rows(_DROP_HELPERS)]
        detail = note.began.partition(":")[2]
        left = [part for sql in begun for part in _cleanup_statements(runner, sql, detail)]
        if any(isinstance(parser.parse(sql), statements.UpdateOrDelete) for sql in begun):
            raise UserError(f"It has changed some of the rows of a table: {by_hand}")
        if detail.startswith(change_type.NOTED_CHANGE):
            raise UserError(f"It has changed the type of a column: {by_hand}")
        steps = [*helpers, *left, *steps]
    table = journal.version_table_name(runner.context)
    with runner.connection.begin():
        clearing = journal.clearing_statement(runner.connection, table)
    runner.run_short(*steps, clearing)
    for step in steps:
        events.tell("taken back", f"Taken back: {step}")


def _list_statements(runner: Runner, revision: Script, note: ProgressNote) -> list[str]:
    """Return the statements that are done, and the one at work."""
    impl = _ListingImpl(runner, note)
    before, runner.context.impl = runner.context.impl, impl
    transaction = runner.connection.begin()
    try:
        with Operations.context(runner.context):
            revision.module.upgrade()
    except _ListingEndError:
        pass
    finally:
        runner.context.impl = before
        transaction.rollback()
    return impl.statements


class _ListingImpl(OnlineImpl):
    """Executes nothing, and notes what would be."""

    def __init__(self, runner: Runner, note: ProgressNote) -> None:
        super().__init__(runner)
        self.note = note
        self.statements: list[str] = []

    def _run_as_one(self, statement: str, work: Callable[[], None], *, heard: bool) -> None:
        del work, heard
        self._list_statement(statement, journal.statement_key(statement))

    def _exec(
        self,
        construct: Any,  # noqa: ANN401  # Alembic's own
        execution_options: Any = None,  # noqa: ANN401
        multiparams: Any = None,  # noqa: ANN401
        params: Any = None,  # noqa: ANN401
    ) -> None:
        del execution_options
        sql = "" if multiparams or params else statement_text(construct, self.text_dialect)
        self._list_statement(sql or str(construct), journal.statement_key(sql or str(construct)))

    def _list_statement(self, sql: str, key: str) -> None:
        if session_statements.is_session_statement(sql):
            return
        place = len(self.statements)
        if place < len(self.note.done) and self.note.done[place].partition(":")[0] != key:
            raise UserError(
                f"Revision {self.note.revision} was edited after it had run: undo that."
            )
        if place == len(self.note.done):
            if self.note.began.partition(":")[0] == key:
                self.statements.append(sql)
            raise _ListingEndError
        self.statements.append(sql)


def _undo_statements(runner: Runner, sql: str, detail: str, added: set[str]) -> list[str] | None:
    """Return what undoes a statement that is done, None for what nothing certain does.

    detail: what it has noted. added: the columns that statements before it have added.
    """
    statement = parser.parse(sql)
    words = [token.keyword for token in tokenize(sql)]
    undone: list[str] | None = None
    if words[:2] == ["CREATE", "TABLE"] and words[2] != "IF":
        undone = [f"DROP TABLE {parser.name_after(sql, 2)}"]
    elif words[:3] == ["COMMENT", "ON", "COLUMN"] and _commented_column(sql) in added:
        return []  # it goes with its column
    elif (
        statement is not None
        and statement.table
        and (table := runner.find_relation(statement.table)) is not None
    ):
        undone = _reverse_statement(statement, table, detail)
        if isinstance(statement, statements.AddColumn):
            added.add(f"{catalog_name(statement.table)}.{catalog_name(statement.column)}")
    return undone


def _reverse_statement(
    statement: statements.Statement, table: Relation, detail: str
) -> list[str] | None:
    alter = f"ALTER TABLE {quote_name(table.schema, table.name)}"
    if isinstance(statement, statements.CreateIndex) and not statement.if_not_exists:
        return [f"DROP INDEX {quote_name(table.schema)}.{statement.name}"]
    if isinstance(statement, statements.AddConstraint) and statement.name:
        if statement.kind == "PRIMARY" and not detail:
            return None  # which of its columns could be NULL before, nobody knows
        return [
            f"{alter} DROP CONSTRAINT {statement.name}",
            *_drop_not_null(statement, alter, detail),
        ]
    if isinstance(statement, statements.AddColumn):
        return [f"{alter} DROP COLUMN {statement.column}"]
    if isinstance(statement, statements.SetNotNull):
        # Without a note it was NOT NULL before.
        return [f"{alter} ALTER COLUMN {statement.column} DROP NOT NULL"] if detail else []
    return None


def _drop_not_null(statement: statements.Statement, alter: str, detail: str) -> list[str]:
    """Return what lets the columns of a primary key be NULL that could be before."""
    key = isinstance(statement, statements.AddConstraint) and statement.kind == "PRIMARY"
    names = add_unique.parse_nullable_detail(detail) if key else []
    return [f"{alter} ALTER COLUMN {name} DROP NOT NULL" for name in names]


def _commented_column(sql: str) -> str:
    names = parser.name_after(sql, 3).split(".")
    return ".".join(catalog_name(name) for name in names[-2:])


def _cleanup_statements(runner: Runner, sql: str, detail: str) -> Iterator[str]:
    """Yield what takes away what the statement at work has made. detail: what it has noted."""
    statement = parser.parse(sql)
    table = (
        runner.find_relation(statement.table) if statement is not None and statement.table else None
    )
    if statement is None or table is None or not detail:
        return
    alter = f"ALTER TABLE {quote_name(table.schema, table.name)}"
    builds = detail.partition(" ")[0] == index.NOTED_BUILD
    if builds and isinstance(statement, statements.CreateIndex | statements.AddConstraint):
        yield f"DROP INDEX IF EXISTS {quote_name(table.schema)}.{statement.name}"
        yield from _drop_not_null(statement, alter, detail)
    elif isinstance(statement, statements.AddConstraint):
        yield f"{alter} DROP CONSTRAINT IF EXISTS {quote_name(detail)}"
    elif isinstance(statement, statements.AddColumn):
        yield f"{alter} DROP COLUMN IF EXISTS {statement.column}"
    elif isinstance(statement, statements.SetNotNull):
        yield f"{alter} ALTER COLUMN {statement.column} DROP NOT NULL"
