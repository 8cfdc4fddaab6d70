"""Store which statements of a half-done revision are committed, in a comment on alembic_version.

The comment is written in the same transaction as what it tells of, and goes with the revision's
last step: no table of ours, nothing for pg_dump to compare.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from alembic_pg.online.run import stored_text
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from alembic_pg.online.connection_state.version_table import VersionTable

# What a comment begins with that has a note, and what it calls the comment of a person.
_NOTE_BEGINS, _THEIRS = '{"half_done": ', "comment"

# Of a key, what tells one text from another; the rest tells how it is built.
_TEXT_DIGITS = 12

_READ_COMMENT = text("SELECT obj_description(to_regclass(:table), 'pg_class')")


@dataclass
class ProgressNote:
    """The stored note about a revision that is half done; its fields are the keys of the JSON.

    direction: upgrade or downgrade.
    done: the keys of the statements that are committed, each with its detail after a colon.
    began: the same of the statement that was at work, "" without.
    source: a digest of the revision's file, as it was when the note was first written.
    undone: the keys of statements that the revision has rolled back by itself.
    texts: by their keys, what stored_text keeps of these statements.
    untracked: a statement that the revision sent past the operations and has committed, or may
    have, as a person calls it; "" without.
    """

    revision: str
    direction: str
    done: list[str] = field(default_factory=list)
    began: str = ""
    source: str = ""
    undone: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    untracked: str = ""

    def text_of(self, entry: str) -> str:
        """Return what is kept of a statement; entry: as done and began have it."""
        return self.texts.get(entry.partition(":")[0], "")

    def as_json(self) -> dict[str, Any]:
        """Return what is written, without what is empty and not of every note."""
        always = {"revision", "direction", "done", "began"}
        return {name: value for name, value in vars(self).items() if value or name in always}


@dataclass
class Journal:
    """The progress of one revision, statement by statement.

    table: Alembic's own, as a person names it.
    place: the same with its schema, for statements; "" where that is not known.
    note: what is stored, or will be.
    stored: whether the database has the note.
    interrupted_at: the key of the statement at which an earlier run ended, "" without.
    unmet: the keys of the statements done that were not met so far. What the revision passes over
    by itself, since it finds it done, stays here.
    finished_first: the key of the one that was at work, and was finished before the others.
    pending_keys: the statements of the open transaction.
    disabled: whether nothing can be noted.
    texts: of the statements that were met, by their keys.
    theirs: the comment that a person gave the table, which comes back at the end.
    digest_source: returns what the note is to have of the revision's file; asked for at the first
    save, since most revisions write no note and it reads all that is beside the file.
    """

    table: str
    note: ProgressNote
    place: str = ""
    stored: bool = False
    interrupted_at: str = ""
    unmet: list[str] = field(default_factory=list)
    finished_first: str = ""
    pending_keys: list[str] = field(default_factory=list)
    disabled: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    theirs: str = ""
    digest_source: Callable[[], str] = str

    def already_done(self, key: str) -> bool:
        """Return whether a statement is done; it counts as met then."""
        if key not in self.unmet:
            return False
        self.unmet.remove(key)
        return True

    def has_unmet_of_shape(self, key: str) -> bool:
        """Return whether a statement that differs in constants only is done, and was not met."""
        return any(one[_TEXT_DIGITS:] == key[_TEXT_DIGITS:] for one in self.unmet)

    def was_interrupted(self, key: str) -> bool:
        """Return whether an earlier run was at work on this statement."""
        return self.interrupted_at.partition(":")[0] == key

    def detail(self, key: str) -> str:
        """Return what the statement noted in an earlier run, "" without."""
        return self.interrupted_at.partition(":")[2] if self.was_interrupted(key) else ""

    def detail_statements(self, key: str, detail: str) -> list[str]:
        """Return what notes something about the statement at work, and what is pending."""
        self.note.began = f"{key}:{detail}"
        self.note.texts = self._texts_with(self.pending_keys)
        done = [*self.note.done, *self.pending_keys]
        return self._statements(self._comment({**self.note.as_json(), "done": done}))

    def note_nothing_at_work(self, connection: Connection) -> None:
        """Note in the open transaction that no statement is at work."""
        _execute(connection, *self.forgetting_statements())
        self.confirm_forgotten()

    def forgetting_statements(self) -> list[str]:
        """Return what notes that no statement is at work; confirm_forgotten() follows."""
        return self._statements(self._comment({**self.note.as_json(), "began": ""}))

    def confirm_forgotten(self) -> None:
        """Take over what forgetting_statements() wrote, now that it is executed."""
        self.note.began = self.interrupted_at = ""

    def save(self, connection: Connection, began: str = "") -> None:
        """Write the note in the open transaction. began: as saving_statements() has it."""
        note, statements = self.saving_statements(connection, began)
        _execute(connection, *statements)
        self.confirm_saved(note)

    def saving_statements(
        self, connection: Connection, began: str = ""
    ) -> tuple[ProgressNote, list[str]]:
        """Return the note of the open transaction, and what writes it; confirm_saved() follows.

        began: the statement at work; without a detail, what an earlier run noted of it stays. What
        an earlier run had at work stays noted until it is met.
        """
        if not self.stored and not self.disabled:
            self.theirs = _read_theirs(connection, self.place or self.table)
            self.note.source = self.digest_source()
        resumes = not began or self.was_interrupted(began)
        note = replace(
            self.note,
            done=[*self.note.done, *self.pending_keys],
            began=self.interrupted_at if resumes and self.interrupted_at else began,
            texts=self._texts_with([*self.pending_keys, began.partition(":")[0]]),
        )
        return note, self._statements(self._comment(note.as_json()))

    def confirm_saved(self, note: ProgressNote) -> None:
        """Take over a note that is written."""
        self.note, self.pending_keys, self.stored = note, [], True

    def _texts_with(self, keys: list[str]) -> dict[str, str]:
        more = {
            key: stored_text.stored_text(self.texts[key])
            for key in keys
            if key in self.texts and key not in self.note.texts
        }
        return {**self.note.texts, **more}

    def add_pending(self, key: str) -> None:
        """Take a statement for done that the open transaction has executed."""
        self.pending_keys.append(key)
        self.confirm_met(key)

    def forget_pending(self) -> None:
        """Take the statements of the open transaction for not done: it is rolled back."""
        self.note.undone += [key for key in self.pending_keys if key not in self.note.undone]
        self.pending_keys = []

    def confirm_met(self, key: str) -> None:
        """Forget that an earlier run was at work on a statement, which is done now."""
        if self.was_interrupted(key):
            self.interrupted_at = ""  # a later statement may have the same text

    def done_statements(self, key: str) -> list[str]:
        """Return what notes that it is done, and what is pending; confirm_done() follows."""
        self.note.texts = self._texts_with([*self.pending_keys, key])
        done = [*self.note.done, *self.pending_keys, self._entry(key)]
        note = {**self.note.as_json(), "done": done, "began": ""}
        return self._statements(self._comment(note))

    def confirm_done(self, key: str) -> None:
        """Take over what done_statements() wrote, now that it is committed."""
        self.note.done += [*self.pending_keys, self._entry(key)]
        self.pending_keys = []
        self.note.began = ""
        self.confirm_met(key)

    def _entry(self, key: str) -> str:
        began = self.note.began
        return began if began.partition(":")[0] == key else key

    def clear_note(self, connection: Connection, table: VersionTable) -> None:
        """Take the note away in the open transaction, with the table if that was made for it."""
        if self.stored and table.made:
            _execute(connection, f"DROP TABLE {self.place or self.table}")
        else:
            _execute(connection, *self.clearing_statements())
        self.confirm_cleared()

    def clearing_statements(self) -> list[str]:
        """Return what takes the note away, if there is one; confirm_cleared() follows."""
        return self._statements(_literal(self.theirs)) if self.stored else []

    def confirm_cleared(self) -> None:
        """Take the note for gone, now that clearing_statements() are executed."""
        self.stored = False

    def _comment(self, note: dict[str, Any]) -> str:
        """Return the comment that has a note, and keeps the one that a person wrote."""
        kept = {_THEIRS: self.theirs} if self.theirs else {}
        return quote_literal(json.dumps({"half_done": note, **kept}))

    def _statements(self, comment: str) -> list[str]:
        on = self.place or self.table
        return [] if self.disabled else [f"COMMENT ON TABLE {on} IS {comment}"]


def version_table_name(context: MigrationContext) -> str:
    """Return Alembic's own table, as a statement names it."""
    preparer = context.impl.dialect.identifier_preparer
    # It doubles percent signs, for statements with parameters.
    return preparer.format_table(context._version).replace("%%", "%")  # noqa: SLF001  # it has no public name


def statement_key(statement: str) -> str:
    """Return what a statement is known by: its text, and how it is built."""
    text_digest = hashlib.sha256(statement.encode()).hexdigest()[:_TEXT_DIGITS]
    from alembic_pg.sql.shape import shape_digest  # noqa: PLC0415  # a check reads a note alone

    return text_digest + shape_digest(statement)


def read_note(connection: Connection, table: str) -> ProgressNote | None:
    """Return the note that the database has, if any."""
    comment = connection.scalar(_READ_COMMENT, {"table": table}) or ""
    if not comment.startswith(_NOTE_BEGINS):
        return None
    return ProgressNote(**json.loads(comment)["half_done"])


def clear_note(connection: Connection, table: str) -> ProgressNote | None:
    """Take a note away, and return it. connection: without a transaction, before and after."""
    with connection.begin():
        if (note := read_note(connection, table)) is not None:
            _execute(connection, clearing_statement(connection, table))
    return note


def clearing_statement(connection: Connection, table: str) -> str:
    """Return what takes a note away; a comment that a person gave the table before comes back."""
    return f"COMMENT ON TABLE {table} IS {_literal(_read_theirs(connection, table))}"


def _read_theirs(connection: Connection, table: str) -> str:
    """Return the comment that a person gave the table, "" without."""
    comment = str(connection.scalar(_READ_COMMENT, {"table": table}) or "")
    has_note = comment.startswith(_NOTE_BEGINS)
    return str(json.loads(comment).get(_THEIRS, "")) if has_note else comment


def _execute(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _literal(comment: str) -> str:
    return quote_literal(comment) if comment else "NULL"


def resume(connection: Connection, table: str, note: ProgressNote) -> Journal:
    """Return the journal of a revision that is half done, before its first statement."""
    return Journal(
        table,
        note,
        stored=True,
        interrupted_at=note.began,
        unmet=[one.partition(":")[0] for one in note.done],
        theirs=_read_theirs(connection, table),
    )
