"""Follow the transactions of a revision, those too that it ends by itself.

It may commit with the connection of op.get_bind(), with the driver's own, by COMMIT as a statement.
Each is seen before it happens, so that what is done until then is noted in the same transaction.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.database.errors import SqlState
from alembic_pg.errors import UserError
from alembic_pg.online.connection_state import driver_state, untracked_statements
from alembic_pg.online.connection_state.untracked_statements import Tracking
from alembic_pg.online.connection_state.version_table import VersionTable
from alembic_pg.online.run import transactions
from alembic_pg.online.run.open_transaction import OpenTransaction
from alembic_pg.sql import session_statements
from alembic_pg.sql.lexer import short_line
from alembic_pg.sql.transaction_statements import Boundary, boundaries_in, boundary_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


UNTRACKED_REASON = "writes with op.get_bind()"

_UNKNOWN_END = """{revision} stops: it has ended its transaction by the driver's own connection, \
and nobody knows what is done: look, and let it call op.get_bind().commit() instead."""


@dataclass
class RevisionTransactions(OpenTransaction):
    """Execute steps on one connection, and follow what the revision does with its transaction.

    Of the run:
    no_journal_reason: why no progress can be noted, "" where it can.

    Of a revision, whatever number of times its function runs:
    version_table: Alembic's own.

    Of one call of the revision's function:
    single_transaction_reason: why the rest must be one transaction, "" without.
    connection_handed_out: whether the revision has the connection itself, by op.get_bind().
    untracked_write: a statement that it sent past the operations and that may write, "" without.
    committed_untracked: whether such a statement is committed.
    own_autocommit: whether it has left its transaction by itself, so that each statement is one.
    rolled_back: whether it has rolled back by itself.
    tracking: which statements of the connection are known.
    """

    no_journal_reason: str = ""

    version_table: VersionTable = field(default_factory=VersionTable)

    single_transaction_reason: str = ""
    connection_handed_out: bool = False
    untracked_write: str = ""
    committed_untracked: bool = False
    own_autocommit: bool = False
    rolled_back: bool = False
    tracking: Tracking = field(default_factory=Tracking)

    def watch_connection(self) -> None:
        """Learn from now on what a revision does with the connection itself."""
        untracked_statements.watch(
            self.connection,
            self.tracking,
            self.running.silence,
            self._before_untracked,
            self._before_end,
        )
        for name, boundary in (("commit", Boundary.COMMIT), ("rollback", Boundary.ROLL_BACK)):
            event.listen(self.connection, name, partial(self._before_listened, boundary))

    def begin_function(self) -> None:
        """Forget what another call of a revision's function, or another revision, did."""
        self.postponed = []
        self.met.clear()
        self.forget_open_transaction()
        self.local_settings.clear()
        self.single_transaction_reason = self.no_journal_reason
        self.connection_handed_out = self.committed_untracked = self.rolled_back = False
        self.untracked_write = ""

    @contextmanager
    def track_statements(self, sql: str = "") -> Iterator[None]:
        """Take what the block executes for statements that are noted, or our own.

        sql: the statement of the revision that it executes, "" for none, or one with parameters.
        """
        before, self.statement_at_work = self.statement_at_work, sql or self.statement_at_work
        self.met[sql] += 1
        self.tracking.depth += 1
        try:
            yield
        finally:
            self.tracking.depth -= 1
            self.statement_at_work = before

    def commit(self, began: str = "") -> None:
        """Commit what the revision did so far. began: what to note of the statement at work."""
        self._mark_untracked()
        super().commit(began)
        if self.single_transaction_reason == UNTRACKED_REASON:
            self.single_transaction_reason = self.no_journal_reason

    def adopt_transaction(self, *, begin: bool = True) -> None:
        """Go on in the state in which the revision itself has left the connection.

        begin: whether to begin a transaction where it has ended its own.
        """
        if self.in_autocommit_block or self.connection.invalidated:
            return
        with self.track_statements():
            if self._is_autocommit():
                self._enter_own_autocommit()
            else:
                self._require_known_end()
                if begin or self.connection.in_transaction():
                    transactions.adopt(self.context, self.connection)

    def follow_boundary(self, boundary: Boundary) -> None:
        """Do what COMMIT and its like, sent by an operation, do to the transaction."""
        if self.in_autocommit_block:
            if boundary.begins:
                self.leave_own_autocommit()
            return
        if boundary is Boundary.BEGIN:
            return  # there is one
        with self.track_statements():
            if boundary.commits:
                self.run_pending()
                self.send_queued()
                self._note_own_commit()
                transactions.commit(self.context)
            else:
                self._forget_rolled_back()
                transactions.roll_back(self.context)
            if boundary.begins:
                self.begin()
            else:
                self._enter_own_autocommit()

    def leave_own_autocommit(self) -> None:
        """Begin a transaction again, where the revision has left its own by itself."""
        if not self.own_autocommit:
            return
        with self.track_statements():
            self.run_pending()  # as at the end of an autocommit block
        self.own_autocommit = self.in_autocommit_block = False
        transactions.leave_autocommit(self.connection)
        if not self.connection.invalidated:
            with self.track_statements():
                self.begin()

    def end_function(self) -> None:
        """Let the revision's transaction be as Alembic expects it at the end of the function."""
        self.leave_own_autocommit()
        self.adopt_transaction()
        self.leave_own_autocommit()
        if self.rolled_back:
            with self.track_statements():
                self.version_table.ensure(self.context)

    def abandon_own_autocommit(self) -> None:
        """Leave the state into which the revision has brought the connection, at its failure."""
        if self.own_autocommit:
            self.own_autocommit = self.in_autocommit_block = False
            transactions.leave_autocommit(self.connection)

    def run_noted(self, key: str, work: Callable[[], None]) -> None:
        """Execute a statement of an autocommit block with its note in one transaction.

        What PostgreSQL refuses in a transaction runs without one.
        """
        done = list(self.journal.note.done)
        self.execute("BEGIN")
        try:
            work()
            self.journal.add_pending(key)
            self.journal.save(self.connection)
            self.execute("COMMIT")
        except BaseException as error:
            self.journal.note.done = done
            self.journal.pending_keys.clear()
            if not self.connection.invalidated:
                self.execute("ROLLBACK")
            state = errors.sqlstate(error)
            if state not in errors.NEEDS_NO_TRANSACTION:
                raise
            self._run_without_transaction(key, work, state)

    def _run_without_transaction(self, key: str, work: Callable[[], None], state: str) -> None:
        before = self.journal.note.untracked
        if state == SqlState.INVALID_TRANSACTION_TERMINATION:
            # It commits by itself: what was done of it when it ends half-way, nobody knows.
            self.journal.note.untracked = short_line(self.journal.texts.get(key, ""))
        self.journal.save(self.connection, key)
        work()
        self.journal.note.untracked = before
        self.journal.add_pending(key)
        self.journal.save(self.connection)

    def _before_untracked(self, statement: str) -> None:
        """Note what a revision sends past the operations, before it is sent."""
        with self.track_statements():
            if not self.in_autocommit_block:
                self._require_known_end()
                self.send_queued()
            for boundary in boundaries_in(statement):
                self._before_end(boundary, ours=False)
            if boundary_of(statement) or not session_statements.may_write(statement):
                return
            self.untracked_write = self.untracked_write or short_line(statement)
            if not self._is_autocommit():
                self.single_transaction_reason = UNTRACKED_REASON
            elif self._mark_untracked():
                self.running.partly_committed = True
                self.journal.save(self.connection)

    def _before_listened(self, boundary: Boundary, _: object) -> None:
        with driver_state.rolled_back_at_error(self.connection):
            self._before_end(boundary)
        self.tracking.sent = False

    def _before_end(self, boundary: Boundary, *, ours: bool | None = None) -> None:
        """Note what is done, where the revision is about to end its transaction by itself."""
        if (self.tracking.is_ours if ours is None else ours) or self._is_autocommit():
            return
        with self.track_statements():
            if not boundary.commits or driver_state.has_failed(self.connection):
                if boundary is not Boundary.BEGIN:
                    self._forget_rolled_back()
                return
            self.run_pending()
            self.send_queued()
            self._note_own_commit()

    def _note_own_commit(self) -> None:
        """Note in the open transaction what is done, all of which the revision is to commit."""
        before = self.running.partly_committed, self.committed_untracked
        marked = self._mark_untracked()
        if marked or self.journal.pending_keys:
            self.running.partly_committed = True
            try:
                self.journal.save(self.connection)
            except DBAPIError:
                self.running.partly_committed, self.running.committed_untracked = before
                self.committed_untracked = before[1]
                raise
        self._forget_transaction()

    def _mark_untracked(self) -> bool:
        """Let the next note have what was sent past the operations; return whether that is new."""
        if not self.untracked_write or self.committed_untracked:
            return False
        self.journal.note.untracked = self.untracked_write
        self.committed_untracked = self.running.committed_untracked = True
        return True

    def _forget_transaction(self) -> None:
        self.forget_open_transaction()
        self.local_settings.clear()
        if self.single_transaction_reason == UNTRACKED_REASON:
            self.single_transaction_reason = self.no_journal_reason
        self.tracking.sent = False

    def _forget_rolled_back(self) -> None:
        """Take what the open transaction did for not done."""
        self._forget_transaction()
        self.journal.forget_pending()
        self.postponed = []
        self.rolled_back = True
        if not self.committed_untracked:
            self.untracked_write = ""

    def _enter_own_autocommit(self) -> None:
        transactions.commit(self.context)
        transactions.enter_autocommit(self.connection)
        self.in_autocommit_block = self.own_autocommit = True
        self.running.partly_committed = True

    def _is_autocommit(self) -> bool:
        """Return whether each statement is its own transaction now."""
        return self.in_autocommit_block or driver_state.is_autocommit(self.connection)

    def _require_known_end(self) -> None:
        """Raise UserError where a transaction has ended and nobody has seen how."""
        if self.tracking.sent and driver_state.has_no_transaction(self.connection):
            self.committed_untracked = self.running.committed_untracked = True
            raise UserError(_UNKNOWN_END.format(revision=self.running.label))
