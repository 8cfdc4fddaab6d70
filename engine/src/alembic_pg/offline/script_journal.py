"""Write the notes of a run as statements of a script, so that a run goes on where it was killed.

What a note says is the run's own: the same keys, details and texts, in the same transactions as
what they tell of.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic_pg.offline.script_guards import ScriptGuards
from alembic_pg.online.run import half_done, stored_text
from alembic_pg.online.run.journal import Journal, ProgressNote
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from alembic.script import Script
    from sqlalchemy.engine import Connection


@dataclass
class ScriptJournal(Journal):
    """The progress of one revision, as its script notes it.

    guards: writes a note. written: the notes so far.
    """

    guards: ScriptGuards = field(default_factory=lambda: ScriptGuards(""))
    written: set[str] = field(default_factory=set)

    @classmethod
    def of_revision(cls, guards: ScriptGuards, revision: Script, direction: str) -> ScriptJournal:
        """Return the journal of a revision, of which the script has written nothing."""
        note = ProgressNote(revision.revision, direction)
        digest = partial(half_done.source_digest, revision)
        return cls(guards.table, note, digest_source=digest, guards=guards)

    @classmethod
    def without_notes(cls) -> ScriptJournal:
        """Return a journal that notes nothing."""
        return cls("", ProgressNote("", ""), disabled=True)

    def copy(self) -> ScriptJournal:
        """Return one of the same notes, whose progress is its own."""
        return replace(self, note=deepcopy(self.note), pending_keys=[])

    def add_done(self, key: str, statement: str) -> None:
        """Take a statement for done."""
        self.note.done.append(key)
        self.note.texts[key] = stored_text.stored_text(statement)

    def begin_statements(
        self, key: str = "", detail: str = "", *, uncommitted: int = 0
    ) -> list[str]:
        """Return what notes what is done, before a commit.

        key: of the statement that comes next, "" without. detail: of it, an expression in SQL.
        uncommitted: how many of the last statements are not done yet.
        """
        self.note.texts = self._texts_with([key])
        note = deepcopy(self.note)
        if uncommitted:
            note.done = note.done[:-uncommitted]
            note.texts = {one: text for one, text in note.texts.items() if one in [*note.done, key]}
        began = quote_literal(key)
        if detail:
            began = f"{began} || coalesce(':' || nullif({detail}, ''), '')"
        return self._statements(self._note_expression(note.as_json(), began))

    def saving_statements(
        self, connection: Connection, began: str = ""
    ) -> tuple[ProgressNote, list[str]]:
        """Keep what is at work: who writes the script notes it before the steps."""
        del connection
        self.note.began = began
        self.note.texts = self._texts_with([began.partition(":")[0]])
        return self.note, []

    def confirm_saved(self, note: ProgressNote) -> None:
        """Keep the note as it is: the script notes what is done where it is executed."""

    def _comment(self, note: dict[str, Any]) -> str:
        self.note.texts = self._texts_with([note["began"].partition(":")[0]])
        note = {**note, **({"texts": self.note.texts} if self.note.texts else {})}
        return self._note_expression(note, quote_literal(note["began"]))

    def _note_expression(self, note: dict[str, Any], began: str) -> str:
        if self.disabled:
            return ""
        if not self.note.source:
            self.note.source = self.digest_source()
        return self.guards.note_expression({**note, "source": self.note.source}, began)

    def _statements(self, comment: str) -> list[str]:
        if self.disabled:
            return []
        self.stored = True
        statement = self.guards.write_note(self.note.revision, comment)
        self.written.add(statement)
        return [statement]
