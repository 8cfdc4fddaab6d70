"""Run revisions beside traffic: retry transactions, skip what is done, commit between steps.

A statement without a strategy runs in its revision's transaction. One with a strategy commits that
transaction, with a note of how far the revision came, and takes its own steps. A revision whose
transaction waits too long for a lock is rolled back, and run again without what is committed.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alembic_pg.database import catalog, preflight
from alembic_pg.online.locks import lock_retry, wait_for_blockers
from alembic_pg.online.run import journal, transactions, untracked_statements, ways_back
from alembic_pg.online.run.journal import Journal, ProgressNote
from alembic_pg.online.run.open_transaction import OpenTransaction
from alembic_pg.online.run.signals import (
    CommitBeforeError,
    PostponedStatement,
    RefusedError,
    ReplayError,
    UnfinishedError,
)
from alembic_pg.online.run.untracked_statements import Tracking
from alembic_pg.revisions.failure_messages import with_ways_on
from alembic_pg.sql import session_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic_pg.sql.statements import UpdateOrDelete


@dataclass
class Runner(OpenTransaction):
    """Run revisions beside traffic, on one connection.

    Of the run:
    existing_tables: the oids of the tables that were there when it began.
    any_revision_begun: whether a revision has begun.
    no_journal_reason: why no progress can be noted, "" where it can.

    Of a revision, whatever number of times its function runs:
    prepared_swaps: by statement key, what takes back the preparation of a column swap.
    commit_before: the keys of the statements before which to commit.

    Of one call of the revision's function:
    postponed: the statement that waits for the next one.
    backfill_statements: the UPDATE that fills a column, by the table's oid and the column's name.
    single_transaction_reason: why the rest must be one transaction, "" without.
    connection_handed_out: whether the revision has the connection itself, by op.get_bind().
    committed_untracked: whether it committed what it did with that connection.
    tracking: which statements of the connection are known.
    """

    existing_tables: frozenset[int] = frozenset()
    any_revision_begun: bool = False
    no_journal_reason: str = ""

    prepared_swaps: dict[str, Callable[[], None]] = field(default_factory=dict)
    commit_before: set[str] = field(default_factory=set)

    postponed: PostponedStatement | None = None
    backfill_statements: dict[tuple[int, str], UpdateOrDelete] = field(default_factory=dict)
    single_transaction_reason: str = ""
    connection_handed_out: bool = False
    committed_untracked: bool = False
    tracking: Tracking = field(default_factory=Tracking)

    def start(self) -> None:
        """Prepare the session and context; the connection has no transaction before and after."""
        self.read_server_state(self.settings.lock_timeout)
        with suppress(DBAPIError), self.connection.begin():
            # Not on every system: the server then gives up what a killed client has begun.
            self.execute("SET client_connection_check_interval = 1000")
        silence = self.running.silence
        untracked_statements.watch(self.connection, self.tracking, silence, self._note_untracked)
        self.running.wrap_function = self.wrap_revision
        self.context.autocommit_block = self._autocommit_block  # type: ignore[method-assign]  # of this one

    def read_server_state(self, lock_timeout: int) -> None:
        """Read the tables and the version; the connection has no transaction before and after.

        lock_timeout: of the session from now on, in milliseconds.
        """
        own = journal.version_table_name(self.context)
        with self.connection.begin():
            self.execute_all(
                [
                    f"SET lock_timeout = {lock_timeout}",
                    # A pause of ours is no session that nobody needs.
                    "SET idle_session_timeout = 0",
                    # A name is compared with what a person wrote.
                    "SET quote_all_identifiers = off",
                ]
            )
            self.existing_tables = catalog.user_table_oids(self.connection, own)
            self.version = self.connection.scalar(
                text("SELECT current_setting('server_version_num')::int")
            )
        self.no_journal_reason = preflight.no_journal_reason(self.connection, own)

    def wrap_revision(self, step: Any, function: Callable[..., None]) -> Callable[..., None]:  # noqa: ANN401  # Alembic's step
        """Return a revision's function that is tried until it gets its locks."""

        @functools.wraps(function)
        def run(**options: Any) -> None:  # noqa: ANN401  # as Alembic types them
            self.revision_budget = budget = self.retry_budget()
            self.prepared_swaps.clear()
            self.commit_before.clear()
            if not self.any_revision_begun:
                schema = self.context.version_table_schema
                preflight.require_writable(self.connection, schema, first=not self.running.heads)
            while True:
                try:
                    self._run_revision(step, function, options)
                except ReplayError as replay:
                    self._replay(step, replay)
                except CommitBeforeError as cut:
                    transactions.roll_back(self.context)
                    self.commit_before.add(cut.key)
                    self.local_settings.clear()
                    self.begin()
                except (RefusedError, UnfinishedError) as error:
                    stays = self._stays_half_done(error)
                    back = ways_back.all_have_way_back(self.journal)
                    raise with_ways_on(error, step, half_done=stays, back=back) from error
                except DBAPIError as error:
                    if self.committed_untracked or not lock_retry.is_retryable(error):
                        self._clear_if_nothing_done(error)
                        raise
                    transactions.roll_back(self.context)
                    budget.pause_or_give_up(self.connection, error.statement or "")
                    wait_for_blockers.wait(self, self.settings, [error.statement or ""], budget)
                    self.local_settings.clear()
                    self.begin()
                else:
                    return

        return run

    def _run_revision(
        self,
        step: Any,  # noqa: ANN401  # Alembic's step
        function: Callable[..., None],
        options: dict[str, Any],
    ) -> None:
        self.postponed = None
        self.executed.clear()
        self.queue.clear()
        self.swapped_columns.clear()
        self.local_settings.clear()
        self.backfill_statements = {}
        self.single_transaction_reason = self.no_journal_reason
        self.connection_handed_out = self.committed_untracked = False
        self.journal = self._open_journal(step)
        self.running.resumed = self.journal.stored
        self.tracking.in_revision = True
        try:
            function(**options)
            with self.track_statements():
                self.run_pending()
                self.send_queued(*self.journal.clearing_statements(), last=True)
        finally:
            self.tracking.in_revision = False

    def _open_journal(self, step: Any) -> Journal:  # noqa: ANN401  # Alembic's step
        table = journal.version_table_name(self.context)
        direction = "upgrade" if step.is_upgrade else "downgrade"
        at = ", ".join(self.running.heads) or "base"
        if self.any_revision_begun and not self.journal.stored:
            # Nobody else has noted anything since.
            opened = Journal(table, ProgressNote(step.revision.revision, direction))
        else:
            opened = journal.open_journal(
                self.connection, table, step.revision.revision, direction, at
            )
        self.any_revision_begun = True
        opened.disabled = bool(self.no_journal_reason)
        return opened

    def _replay(self, step: Any, replay: ReplayError) -> None:  # noqa: ANN401  # Alembic's step
        transactions.roll_back(self.context)
        with self.connection.begin():
            self.journal = self._open_journal(step)
            self.journal.position = len(self.journal.note.done)
            self.journal.save(self.connection, replay.key)
        self.running.partly_committed = True
        try:
            replay.prepare()
        except RefusedError:
            self._clear_unstarted()
            raise
        self.prepared_swaps[replay.key] = replay.undo
        self.local_settings.clear()
        self.begin()

    @contextmanager
    def track_statements(self) -> Iterator[None]:
        """Take what the block executes for statements that are noted, or our own."""
        self.tracking.depth += 1
        try:
            yield
        finally:
            self.tracking.depth -= 1

    def _note_untracked(self, statement: str) -> None:
        """Note that a revision writes past the operations: what is not noted is never committed."""
        with self.track_statements():
            self.send_queued()
        if session_statements.may_write(statement):
            self.single_transaction_reason = "writes with op.get_bind()"
            self.committed_untracked = self.committed_untracked or self.in_autocommit_block

    def _clear_unstarted(self) -> None:
        """Drop what was only prepared, and the note of a revision that has done nothing."""
        transactions.roll_back(self.context)
        for undo in self.prepared_swaps.values():
            undo()
        self.prepared_swaps.clear()
        if self.journal.stored and not self.journal.note.done:
            with self.connection.begin():
                self.journal.clear_note(self.connection)
            self.running.partly_committed = False

    def _stays_half_done(self, error: RefusedError | UnfinishedError) -> bool:
        """Clear what was only prepared; return whether something of the revision stays."""
        if not isinstance(error, UnfinishedError):
            self._clear_unstarted()
        return isinstance(error, UnfinishedError) or bool(self.journal.note.done)

    def _clear_if_nothing_done(self, error: DBAPIError) -> None:
        """Clear the note of a revision that has neither done nor begun anything."""
        note = self.journal.note
        if self.journal.stored and not (note.done or note.began or error.connection_invalidated):
            self._clear_unstarted()
            self.running.resumed = False

    def run_pending(self) -> None:
        """Run the statement that was postponed, if any."""
        waiting_one, self.postponed = self.postponed, None
        if waiting_one is not None:
            waiting_one.run()

    def commit_if_requested(self, key: str) -> None:
        """Commit what the revision did so far, where that was requested before this statement."""
        if key in self.commit_before and self.executed:
            self.run_pending()
            self.commit()
            self.begin()

    @contextmanager
    def _autocommit_block(self) -> Iterator[None]:
        """Run what a revision writes in an autocommit block."""
        with self.track_statements():
            self.run_pending()
            self.commit()
        self.committed_untracked = self.committed_untracked or bool(self.single_transaction_reason)
        transactions.enter_autocommit(self.connection)
        self.in_autocommit_block = True
        try:
            yield
        finally:
            self.in_autocommit_block = False
            transactions.leave_autocommit(self.connection)
        with self.track_statements():
            self.begin()
