"""Write each statement of a revision for psql, as the steps that a run beside traffic takes."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic_pg.offline import psql_commands
from alembic_pg.offline.open_transaction import OpenTransaction
from alembic_pg.offline.script_journal import ScriptJournal
from alembic_pg.offline.statement_steps import StepWriter
from alembic_pg.offline.waiting_drops import WaitingDrops
from alembic_pg.online.run import journal
from alembic_pg.online.run.signals import CommitBeforeError, PreparedSwap, UnchangedStatement
from alembic_pg.revisions.current_revision import direction_of
from alembic_pg.revisions.render_impl import RenderImpl
from alembic_pg.sql import session_statements, transaction_statements
from alembic_pg.sql.lexer import without_semicolon
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic.runtime.migration import MigrationContext

    from alembic_pg.offline.rehearsal import Rehearsal
    from alembic_pg.offline.script_guards import ScriptGuards
    from alembic_pg.online.run.signals import Wait
    from alembic_pg.options import Settings
    from alembic_pg.revisions.current_revision import RunState


class OnlineRenderImpl(RenderImpl):
    """Write each statement as the steps of its strategy, which stand outside of a transaction."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # Alembic's own
        super().__init__(*arguments, **options)
        self.running: RunState
        self.rehearsal: Rehearsal | None = None
        self.open_transaction: OpenTransaction | None = None
        self.step_writer: StepWriter
        self.current_step: Any = None
        self.guards: ScriptGuards | None = None
        self.journal = ScriptJournal.without_notes()
        self.waiting_drops = WaitingDrops()
        self.bound_to_session = self.in_autocommit_block = False

    def begin(self, context: MigrationContext, running: RunState, chosen: Settings) -> None:
        """Take over the run. context: that of which this is the ``impl``."""
        self.running, self.step_writer = (
            running,
            StepWriter(chosen, journal.version_table_name(context)),
        )
        block = context.autocommit_block

        @contextmanager
        def noted() -> Iterator[None]:
            self._write_due_drops()
            self._note_progress("")
            with block():
                self.in_autocommit_block = True
                try:
                    yield
                finally:
                    self.in_autocommit_block = False

        context.autocommit_block = noted  # type: ignore[method-assign]  # of this one context

    def rehearse(self, rehearsal: Rehearsal) -> None:
        """Ask a scratch database for the steps that depend on the schema."""
        self.rehearsal = rehearsal
        self.step_writer.history = rehearsal

    def emit_begin(self) -> None:
        """Begin a transaction, of which nothing is written before its end is known."""
        if self.rehearsal is None:
            super().emit_begin()
        else:
            self.rehearsal.open_transaction = self.open_transaction = OpenTransaction()

    def emit_commit(self) -> None:
        """Write what the transaction has, and its end."""
        self._write_open_transaction()
        super().emit_commit()

    def static_output(self, text: str) -> None:
        """Write a text, or keep it with what it is about."""
        if self.open_transaction is None:
            super().static_output(text)
        else:
            self.open_transaction.comments.append(text)

    def write_guard(self, text: str) -> None:
        """Write what is to come before all that a revision does, outside of its transactions."""
        super().static_output(text)

    def end_revision(self) -> None:
        """Write what still waits, and take the note away that the revision has written."""
        self._write_due_drops()
        if self.journal.stored and self.guards is not None:
            text = self.guards.clear_note(self.journal.note.revision)
            self._write_unchanged(text, text)
        self.journal = ScriptJournal.without_notes()

    def _note_progress(self, key: str, detail: str = "") -> None:
        """Note what of the revision is done, in the transaction that is about to be committed.

        key: of the statement that comes next, "" without. detail: of it, an expression in SQL.
        """
        for text in self.journal.begin_statements(key, detail):
            if self.open_transaction is None:
                self._write(text)
            else:
                self.open_transaction.add(text, text)

    def _keep_progress(self, statement: str) -> None:
        """Take a statement for done."""
        own = f"CREATE TABLE {self.guards.table} " if self.guards is not None else ""
        if session_statements.is_session_statement(statement) or (
            own and statement.startswith(own)
        ):
            return
        self.journal.add_done(journal.statement_key(statement), statement)
        if self.in_autocommit_block:
            self._note_progress("")

    def _write_open_transaction(self) -> None:
        opened, self.open_transaction = self.open_transaction, None
        if opened is not None and self.rehearsal is not None:
            self.rehearsal.open_transaction = None
            for step in opened.script_steps(self.step_writer.settings):
                self._write_step(step)

    def _write_first_part(self, key: str) -> None:
        """Write a part of the transaction, up to a statement by its key, as one of its own."""
        rest = self.open_transaction
        assert rest is not None, "it has that statement"  # noqa: S101
        self.open_transaction = rest.split_before(key)
        for text in self.journal.begin_statements(uncommitted=rest.count_unnoted()):
            self.open_transaction.add(text, text)
        self.emit_commit()
        self.open_transaction = rest
        if self.rehearsal is not None:
            self.rehearsal.open_transaction = rest

    def _write_step(self, step: str) -> None:
        if psql_commands.ends_with_command(step) or (step.startswith("-- ") and "\n" not in step):
            self.static_output(step)
        else:
            self._write(step)

    def _render(self, statement: str, *, in_batches: bool) -> None:
        if self.current_step is not self.running.step:
            step = self.current_step = self.running.step
            self.bound_to_session = False
            if getattr(step, "revision", None) is not None and self.guards is not None:
                self.journal = ScriptJournal.of_revision(
                    self.guards, step.revision, direction_of(step)
                )
            if self.rehearsal is not None:
                self.rehearsal.start_revision(self.current_step)
        self.step_writer.journal = self.journal
        self.journal.texts[journal.statement_key(statement)] = statement
        self._write_due_drops(statement)
        replaced = self.waiting_drops.take_replaced(statement)
        if replaced and self._write_replacement(replaced, statement):
            return
        wait = None if in_batches else self._wait_of(statement)
        if wait is None:
            self._write_one(statement, in_batches=in_batches)
        else:
            self.waiting_drops.add(statement, wait)

    def _write_due_drops(self, before: str = "") -> None:
        """Write the drops that do not wait any more. before: the statement that comes next."""
        for dropped in self.waiting_drops.take_due(before):
            self._write_one(dropped, in_batches=False)

    def _write_one(self, statement: str, *, in_batches: bool) -> None:
        self._write_statement(statement, in_batches=in_batches)
        self._keep_progress(statement)
        if self.rehearsal is not None:
            self.rehearsal.note_written(statement)

    def _wait_of(self, statement: str) -> Wait | None:
        """Return for which later ones a statement waits, None where for none."""
        if self.rehearsal is None or self.in_autocommit_block or self.bound_to_session:
            return None
        return self.rehearsal.wait_of(statement, self.step_writer)

    def _write_replacement(self, dropped: str, statement: str) -> bool:
        """Write the steps by which one takes another's place, else the drop; return whether so."""
        assert self.rehearsal is not None, "it was asked whether to wait"  # noqa: S101
        found = self.rehearsal.replacement(dropped, statement, self.journal)
        if found is None:
            self._write_one(dropped, in_batches=False)
            return False
        self._note_progress(journal.statement_key(statement), quote_literal(found.detail))
        self._write_steps(found.steps)
        self._keep_progress(dropped)
        self._keep_progress(statement)
        self.rehearsal.note_written(statement)
        return True

    def _write_statement(self, statement: str, *, in_batches: bool) -> None:
        # What is there for one transaction only is lost after it.
        self.bound_to_session = (
            self.bound_to_session
            or session_statements.binds_to_session(statement)
            or session_statements.is_transaction_setting(statement)
        )
        try:
            steps = self.step_writer.steps(
                statement, in_batches=in_batches, tied=self.bound_to_session
            )
        except CommitBeforeError as cut:
            self._write_first_part(cut.key)
            self._write_statement(statement, in_batches=in_batches)
            return
        if isinstance(steps, PreparedSwap):
            assert self.open_transaction is not None, "it has dropped something"  # noqa: S101
            self._add_swap(self.open_transaction, steps)
            return
        if text := self._unchanged_text(statement, steps):
            if self.in_autocommit_block and not session_statements.is_session_statement(statement):
                self._write_alone(statement, text)
            else:
                self._write_unchanged(statement, text)
            return
        assert steps is not None, "it stands alone then"  # noqa: S101
        key, detail = journal.statement_key(statement), self.step_writer.start_detail(statement)
        self._note_progress(key, detail)
        if isinstance(steps, UnchangedStatement):
            steps = self.step_writer.whole_transaction(statement, steps.text)
        self._write_steps(steps)

    def _write_steps(self, steps: Iterable[str]) -> None:
        """Write steps between two transactions."""
        if not self.in_autocommit_block:
            self.emit_commit()
        for step in steps:
            self._write_step(step)
        if not self.in_autocommit_block:
            self.emit_begin()

    def _add_swap(self, opened: OpenTransaction, swap: PreparedSwap) -> None:
        """Take a swap into the transaction, before which is noted that it is prepared."""
        key = journal.statement_key(swap.sql)
        unnoted = opened.count_unnoted()
        noted = self.journal.begin_statements(key, uncommitted=unnoted)
        opened.add_swap(replace(swap, prepare_steps=[*noted, *swap.prepare_steps]))

    def _write_alone(self, statement: str, text: str) -> None:
        """Write a statement of an autocommit block, and its note in one transaction if it can be.

        text: how it is written.
        """
        if transaction_statements.fits_in_transaction(statement):
            for step in self.step_writer.whole_transaction(statement, text):
                self._write(step)
        else:
            detail = self.step_writer.start_detail(statement)
            self._note_progress(journal.statement_key(statement), detail)
            self._write(text)

    def _unchanged_text(self, statement: str, steps: list[str] | UnchangedStatement | None) -> str:
        """Return how a statement stands that takes no steps, or none of its own, else ""."""
        if steps is None:
            return statement
        if self.bound_to_session:
            return f"-- {_SESSION_BOUND_COMMENT}\n{statement}"
        gone = self.rehearsal.missing_object(statement) if self.rehearsal is not None else ""
        if not gone:
            return ""
        if isinstance(steps, UnchangedStatement):
            return steps.text
        return psql_commands.comment_lines(_MISSING_COMMENT.format(gone)) + statement

    def _write_unchanged(self, statement: str, text: str) -> None:
        if self.open_transaction is None:
            self._write(text)
        else:
            need = self.step_writer.lock_need(statement)
            self.open_transaction.add(without_semicolon(statement), text, need)


_MISSING_COMMENT = "As it stands: {} goes and comes back, and would be missing meanwhile."
_SESSION_BOUND_COMMENT = (
    "As it stands: its revision has made what is there for one transaction or session only."
)
