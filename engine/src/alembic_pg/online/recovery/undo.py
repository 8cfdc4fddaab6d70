"""Undo an upgrade that stopped half-way, all of it or nothing, for ``alembic downgrade``.

A revision's own downgrade() would undo what never happened, too. So only what the note says to be
done is undone, and only where what undoes it is certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.util import CommandError, to_tuple

from alembic_pg import events
from alembic_pg.errors import UserError
from alembic_pg.online import interrupted_statement
from alembic_pg.online.run import journal, stored_text, ways_back
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.strategies import create_index_partitioned
from alembic_pg.sql import parser, statements
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.script import ScriptDirectory

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.journal import ProgressNote
    from alembic_pg.online.run.revision_runner import Runner


def is_requested(
    script: ScriptDirectory, note: ProgressNote | None, heads: Sequence[str], destination: str
) -> bool:
    """Return whether a downgrade says to take back what is half done: down to where it began.

    Where the database has several heads, that is one from which the half done revision begins.
    """
    if note is None or note.direction != "upgrade":
        return False
    if not heads:
        return destination == "base"
    try:
        found = getattr(script.get_revision(destination), "revision", None)  # none of base
        before = to_tuple(script.get_revision(note.revision).down_revision, default=())
    except CommandError:
        return False
    return found in heads and (len(heads) == 1 or found in before)


def undo_upgrade(runner: Runner, note: ProgressNote, at: str) -> None:
    """Take back a revision that is half done, all or nothing; the connection has no transaction.

    at: where the database is. Raises UserError for what has nothing certain that undoes it.
    """
    steps = undo_statements(runner, note, at)
    table = journal.version_table_name(runner.context)
    with runner.connection.begin():
        clearing = journal.clearing_statement(runner.connection, table)
    runner.run_short(*steps, clearing)
    for step in steps:
        events.tell(events.TAKEN_BACK, f"Taken back: {step}")


def undo_statements(runner: Runner, note: ProgressNote, at: str) -> list[str]:
    """Return what takes back a revision that is half done; its parameters are undo_upgrade()'s.

    Raises UserError as that does.
    """
    by_hand = f"undo by hand what it did, then run: alembic stamp {at.replace(',', '')}"
    if note.untracked:
        raise UserError(
            f"Nothing undoes what it has committed by itself ({note.untracked}): {by_hand}"
        )
    steps: list[str] = []
    added: set[str] = set()
    for noted in ways_back.statements_done(note):  # else what is at work refuses
        stored = note.text_of(noted)
        sql = stored_text.whole_text(stored)
        undone = _undo_statements(runner, sql, noted.partition(":")[2], added)
        if undone is None:
            name = stored_text.name_of_stored(stored)
            raise UserError(f"Nothing undoes a statement that is done ({name}): {by_hand}")
        steps = [*undone, *steps]
    if stored_text.changes_rows(note.text_of(note.began)):
        raise UserError(f"It has changed some of the rows of a table: {by_hand}")
    try:
        return [*interrupted_statement.removal_statements(runner, note), *steps]
    except UserError as error:
        raise UserError(f"{error}: {by_hand}") from error


def _undo_statements(runner: Runner, sql: str, detail: str, added: set[str]) -> list[str] | None:
    """Return what undoes a statement that is done, None for what nothing certain does.

    detail: what it has noted. added: the columns that statements before it have added.
    """
    statement = parser.parse(sql)
    words = [token.keyword for token in tokenize(sql)]
    undone: list[str] | None = None
    if words[:2] == ["CREATE", "TABLE"] and words[2] != "IF":
        undone = [f"DROP TABLE {parser.name_after(sql, 2)}"]
    elif words[:2] == ["CREATE", "TYPE"]:
        undone = [f"DROP TYPE {parser.name_after(sql, 2)}"]
    elif words[:3] == ["COMMENT", "ON", "COLUMN"] and _commented_column(sql) in added:
        return []  # it goes with its column
    elif (
        statement is not None
        and statement.table
        and (table := runner.find_relation(statement.table)) is not None
    ):
        undone = _reverse_statement(runner, statement, table, detail)
        if isinstance(statement, statements.AddColumn):
            added.add(f"{catalog_name(statement.table)}.{catalog_name(statement.column)}")
    return undone


def _reverse_statement(
    runner: Runner, statement: statements.Statement, table: Relation, detail: str
) -> list[str] | None:
    alter = f"ALTER TABLE {quote_name(table.schema, table.name)}"
    if isinstance(statement, statements.CreateIndex) and not statement.if_not_exists:
        drop = [f"DROP INDEX {quote_name(table.schema)}.{statement.name}"]
        whole = table.kind == "p"
        return (
            create_index_partitioned.removal_statements(runner, statement, table, detail)
            if whole
            else drop
        )
    if isinstance(statement, statements.AddConstraint) and statement.name:
        if statement.kind == "PRIMARY" and not detail:
            return None  # which of its columns could be NULL before, nobody knows
        return [
            f"{alter} DROP CONSTRAINT {statement.name}",
            *interrupted_statement.drop_not_null(statement, alter, detail),
        ]
    if isinstance(statement, statements.AddColumn):
        return [f"{alter} DROP COLUMN {statement.column}"]
    if isinstance(statement, statements.SetNotNull):
        # Without a note it was NOT NULL before.
        return [f"{alter} ALTER COLUMN {statement.column} DROP NOT NULL"] if detail else []
    return None


def _commented_column(sql: str) -> str:
    names = parser.name_after(sql, 3).split(".")
    return ".".join(catalog_name(name) for name in names[-2:])
