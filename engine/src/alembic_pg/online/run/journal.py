"""Store which statements of a half-done revision are committed, in a comment on alembic_version.

The comment is written in the same transaction as what it tells of, and goes with the revision's
last step: no table of ours, nothing for pg_dump to compare.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from alembic_pg.errors import UserError
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

# What a comment begins with that has a note, and what it calls the comment of a person.
_NOTE_BEGINS, _THEIRS = '{"half_done": ', "comment"

_READ_COMMENT = text("SELECT obj_description(to_regclass(:table), 'pg_class')")


@dataclass
class ProgressNote:
    """The stored note about a revision that is half done; its fields are the keys of the JSON.

    direction: upgrade or downgrade.
    done: the keys of the statements that are committed, each with its detail after a colon.
    began: the same of the statement that was at work, "" without.
    """

    revision: str
    direction: str
    done: list[str] = field(default_factory=list)
    began: str = ""


@dataclass
class Journal:
    """The progress of one revision, statement by statement.

        table: Alembic's own, as a statement names it.
    note: what is stored, or will be.
    stored: whether the database has the note.
    interrupted_at: the key of the statement at which an earlier run ended, "" without.
    position: how many of the statements done were met so far.
    pending_keys: the statements of the open transaction.
    disabled: whether nothing can be noted.
    texts: of the statements that were met, by their keys.
        theirs: the comment that a person gave the table, which comes back at the end.
    """

    table: str
    note: ProgressNote
    stored: bool = False
    interrupted_at: str = ""
    position: int = 0
    pending_keys: list[str] = field(default_factory=list)
    disabled: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    theirs: str = ""

    def already_done(self, key: str) -> bool:
        """Return whether the next statement is done; it counts as met then.

        Raises UserError when it is another one than it was.
        """
        if self.position >= len(self.note.done):
            return False
        if self.note.done[self.position].partition(":")[0] != key:
            raise UserError(
                f"Revision {self.note.revision} was edited after its first "
                f"{len(self.note.done)} statements had run: undo that, or clean up by hand "
                f"and run: COMMENT ON TABLE {self.table} IS NULL"
            )
        self.position += 1
        return True

    def was_interrupted(self, key: str) -> bool:
        """Return whether an earlier run was at work on this statement."""
        return self.interrupted_at.partition(":")[0] == key

    def detail(self, key: str) -> str:
        """Return what the statement noted in an earlier run, "" without."""
        return self.interrupted_at.partition(":")[2] if self.was_interrupted(key) else ""

    def detail_statements(self, key: str, detail: str) -> list[str]:
        """Return what notes something about the statement at work."""
        self.note.began = f"{key}:{detail}"
        return self._statements(self._comment(vars(self.note)))

    def note_nothing_at_work(self, connection: Connection) -> None:
        """Note in the open transaction that no statement is at work."""
        self.note.began = ""
        self._write(connection, self._comment(vars(self.note)))

    def save(self, connection: Connection, began: str = "") -> None:
        """Write the note in the open transaction, which is about to be committed.

        began: the statement at work; without a detail, what an earlier run noted of it stays.
        """
        if self.position < len(self.note.done):
            return  # all of this was committed by an earlier run
        self.note.done += self.pending_keys
        self.note.began = self.interrupted_at if began and self.was_interrupted(began) else began
        self.position = len(self.note.done)
        self.pending_keys = []
        if not self.stored and not self.disabled:
            self.theirs = _read_theirs(connection, self.table)
        self.stored = True
        self._write(connection, self._comment(vars(self.note)))

    def done_statements(self, key: str) -> list[str]:
        """Return what notes that the statement is done; confirm_done() follows."""
        note = {**vars(self.note), "done": [*self.note.done, self._entry(key)], "began": ""}
        return self._statements(self._comment(note))

    def confirm_done(self, key: str) -> None:
        """Take over what done_statements() wrote, now that it is committed."""
        self.note.done.append(self._entry(key))
        self.note.began = ""
        if self.was_interrupted(key):
            self.interrupted_at = ""  # a later statement may have the same text
        self.position = len(self.note.done)

    def _entry(self, key: str) -> str:
        began = self.note.began
        return began if began.partition(":")[0] == key else key

    def clear_note(self, connection: Connection) -> None:
        """Take the note away in the open transaction."""
        for statement in self.clearing_statements():
            _execute(connection, statement)

    def clearing_statements(self) -> list[str]:
        """Return what takes the note away, if there is one."""
        stored, self.stored = self.stored, False
        return self._statements(_literal(self.theirs)) if stored else []

    def _comment(self, note: dict[str, Any]) -> str:
        """Return the comment that has a note, and keeps the one that a person wrote."""
        kept = {_THEIRS: self.theirs} if self.theirs else {}
        return quote_literal(json.dumps({"half_done": note, **kept}))

    def _write(self, connection: Connection, comment: str) -> None:
        for statement in self._statements(comment):
            _execute(connection, statement)

    def _statements(self, comment: str) -> list[str]:
        return [] if self.disabled else [f"COMMENT ON TABLE {self.table} IS {comment}"]


def version_table_name(context: MigrationContext) -> str:
    """Return Alembic's own table, as a statement names it."""
    preparer = context.impl.dialect.identifier_preparer
    return preparer.format_table(context._version)  # noqa: SLF001  # it has no public name


def statement_key(statement: str) -> str:
    """Return what a statement is known by."""
    return hashlib.sha256(statement.encode()).hexdigest()[:12]


def read_note(connection: Connection, table: str) -> ProgressNote | None:
    """Return the note that the database has, if any."""
    comment = connection.scalar(_READ_COMMENT, {"table": table}) or ""
    if not comment.startswith(_NOTE_BEGINS):
        return None
    return ProgressNote(**json.loads(comment)["half_done"])


def clear_note(connection: Connection, table: str) -> None:
    """Take a note away, if there is one. connection: without a transaction, as before."""
    with connection.begin():
        if read_note(connection, table) is not None:
            _execute(connection, clearing_statement(connection, table))


def clearing_statement(connection: Connection, table: str) -> str:
    """Return what takes a note away; a comment that a person gave the table before comes back."""
    return f"COMMENT ON TABLE {table} IS {_literal(_read_theirs(connection, table))}"


def _read_theirs(connection: Connection, table: str) -> str:
    """Return the comment that a person gave the table, "" without."""
    comment = str(connection.scalar(_READ_COMMENT, {"table": table}) or "")
    if not comment.startswith(_NOTE_BEGINS):
        return comment
    return str(json.loads(comment).get(_THEIRS, ""))


def _execute(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _literal(comment: str) -> str:
    return quote_literal(comment) if comment else "NULL"


def open_journal(
    connection: Connection, table: str, revision: str, direction: str, at: str
) -> Journal:
    """Return the journal of a revision, at its first statement.

    at: where the database is. Raises UserError when another revision is half done.
    """
    note = read_note(connection, table)
    if note is None:
        return Journal(table, ProgressNote(revision, direction))
    if (note.revision, note.direction) != (revision, direction):
        back = f", or take it back: alembic downgrade {at}" if note.direction == "upgrade" else ""
        raise UserError(
            f"The {note.direction} of revision {note.revision} is half done: finish it before the "
            f"{direction} of {revision}, by the same command{back}; or clean up by hand, and run: "
            f"COMMENT ON TABLE {table} IS NULL"
        )
    theirs = _read_theirs(connection, table)
    return Journal(table, note, stored=True, interrupted_at=note.began, theirs=theirs)
