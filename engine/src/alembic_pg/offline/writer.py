"""Write each statement of a revision for psql, as the steps that a run beside traffic takes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic_pg.offline import psql_commands
from alembic_pg.offline.open_transaction import OpenTransaction
from alembic_pg.offline.statement_steps import StepWriter
from alembic_pg.online.run import journal
from alembic_pg.online.run.signals import CommitBeforeError, PreparedSwap, UnchangedStatement
from alembic_pg.revisions.render_impl import RenderImpl
from alembic_pg.sql import session_statements
from alembic_pg.sql.lexer import without_semicolon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.runtime.migration import MigrationContext

    from alembic_pg.offline.rehearsal import Rehearsal
    from alembic_pg.options import Settings
    from alembic_pg.revisions.current_revision import RunState


class OnlineRenderImpl(RenderImpl):
    """Writes each statement in its online form, as steps outside of a transaction."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # Alembic's own
        super().__init__(*arguments, **options)
        self.running: RunState
        self.rehearsal: Rehearsal | None = None
        self.opened: OpenTransaction | None = None
        self.script: StepWriter
        self.step: Any = None
        self.tied = self.block = self.fresh = False

    def begin(self, context: MigrationContext, running: RunState, chosen: Settings) -> None:
        """Know the run. context: that of which this is the ``impl``."""
        self.running, self.script = running, StepWriter(chosen, journal.version_table_name(context))
        block = context.autocommit_block

        @contextmanager
        def noted() -> Iterator[None]:
            with block():
                self.block = True
                try:
                    yield
                finally:
                    self.block = False

        context.autocommit_block = noted  # type: ignore[method-assign]  # of this one context

    def rehearse(self, rehearsal: Rehearsal) -> None:
        """Let what is not known be asked."""
        self.rehearsal = rehearsal
        self.script.known = rehearsal

    def emit_begin(self) -> None:
        """Begin a transaction, of which nothing is written before it is known what it is."""
        if self.rehearsal is None:
            super().emit_begin()
        else:
            self.rehearsal.opened = self.opened = OpenTransaction()

    def emit_commit(self) -> None:
        """Write what the transaction has, and its end."""
        self._release()
        super().emit_commit()

    def static_output(self, text: str) -> None:
        """Write a text, or keep it with what it is about."""
        if self.opened is None:
            super().static_output(text)
        else:
            self.opened.lines.append(text)

    def _release(self) -> None:
        opened, self.opened = self.opened, None
        if opened is not None and self.rehearsal is not None:
            self.rehearsal.opened = None
            for step in opened.steps(self.script.settings):
                self._step(step)

    def _cut(self, key: str) -> None:
        """Write a part of the transaction, up to a statement by its key, as one of its own."""
        rest = self.opened
        assert rest is not None, "it has that statement"  # noqa: S101
        self.opened = rest.cut(key)
        self.emit_commit()
        self.opened = rest
        if self.rehearsal is not None:
            self.rehearsal.opened = rest

    def _step(self, step: str) -> None:
        if psql_commands.ends_with_command(step) or (step.startswith("-- ") and "\n" not in step):
            self.static_output(step)
        else:
            self._write(step)

    def _say(self, statement: str, *, asked: bool) -> None:
        if self.step is not self.running.step:
            self.step, self.tied, self.fresh = self.running.step, False, True
            if self.rehearsal is not None:
                self.rehearsal.turn(self.step)
        self._stepped(statement, asked=asked)
        if self.rehearsal is not None:
            self.rehearsal.follow(statement)

    def _stepped(self, statement: str, *, asked: bool) -> None:
        # What is there for one transaction only is lost after it.
        self.tied = (
            self.tied
            or session_statements.binds_to_session(statement)
            or session_statements.is_transaction_setting(statement)
        )
        try:
            steps = self.script.steps(statement, asked=asked, tied=self.tied)
        except CommitBeforeError as cut:
            self._cut(cut.key)
            self._stepped(statement, asked=asked)
            return
        if isinstance(steps, PreparedSwap):
            assert self.opened is not None, "it has dropped something"  # noqa: S101
            self.opened.swap(steps)
            return
        if text := self._alone(statement, steps):
            self._plain(statement, text)
            return
        assert steps is not None, "it stands alone then"  # noqa: S101
        if not self.block:
            self.emit_commit()
        for step in [steps.text] if isinstance(steps, UnchangedStatement) else steps:
            self._step(step)
        if not self.block:
            self.emit_begin()
        self.fresh = True

    def _alone(self, statement: str, steps: list[str] | UnchangedStatement | None) -> str:
        """Return how a statement stands that takes no steps, or none of its own, else ""."""
        if steps is None:
            first = self.fresh and not self.block and not self.tied
            return self.script.first(statement) if first else statement
        if self.tied:
            return f"-- {_SESSION_BOUND_COMMENT}\n{statement}"
        gone = self.rehearsal.missing() if self.rehearsal is not None else ""
        if not gone:
            return ""
        if isinstance(steps, UnchangedStatement):
            return steps.text
        return psql_commands.comment_lines(_MISSING_COMMENT.format(gone)) + statement

    def _plain(self, statement: str, text: str) -> None:
        if self.opened is None:
            self._write(text)
        else:
            self.opened.add(without_semicolon(statement), text)
        self.fresh = False


_MISSING_COMMENT = "As it stands: {} is dropped and created again, and would be missing meanwhile."
_SESSION_BOUND_COMMENT = (
    "As it stands: its revision has made what is there for one transaction or session only."
)
