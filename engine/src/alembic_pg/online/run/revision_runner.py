"""A run of revisions on a database with traffic: transactions, locks, and what is done already.

A plain statement runs in its revision's transaction. One with an online form ends that, which is
committed with a note of how far the revision came, and goes its own steps. A revision whose
transaction waits too long is rolled back and run again from its top, without what is done.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alembic_pg.database import catalog, preflight
from alembic_pg.errors import UserError
from alembic_pg.online.locks import lock_retry, wait_for_blockers
from alembic_pg.online.run import journal, transactions, untracked_statements
from alembic_pg.online.run.executor import Executor
from alembic_pg.online.run.journal import Journal, ProgressNote
from alembic_pg.online.run.signals import (
    CommitBeforeError,
    PostponedStatement,
    RefusedError,
    ReplayError,
)
from alembic_pg.sql import session_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic_pg.sql.statements import UpdateOrDelete


@dataclass
class Runner(Executor):
    """The run.

    known: the tables that were there when it began. active: whether a revision's own statements
    come now. said: what the open transaction executed for it. prepared: the statements that need
    but a moment from now on, with what takes that back. swapped: the columns whose moment was in
    the open transaction, by table and name. cuts: the statements before which to commit. fills:
    what fills a column, by its table and its name in the catalog. whole: why the rest of a revision
    must be one transaction, "" without. unnoted: why all of it must. handed: whether it has the
    connection itself. gone: whether it committed what it did with that. inside: how many blocks of
    known statements are open. begun: whether a revision has. tries: those of the revision's
    transactions.
    """

    known: frozenset[int] = frozenset()
    active: bool = False
    postponed: PostponedStatement | None = None
    said: list[str] = field(default_factory=list)
    prepared: dict[str, Callable[[], None]] = field(default_factory=dict)
    swapped: set[tuple[int, str]] = field(default_factory=set)
    cuts: set[str] = field(default_factory=set)
    fills: dict[tuple[int, str], UpdateOrDelete] = field(default_factory=dict)
    whole: str = ""
    unnoted: str = ""
    handed: bool = False
    gone: bool = False
    inside: int = 0
    begun: bool = False
    tries: lock_retry.RetryBudget | None = None

    def start(self) -> None:
        """Set what a session needs; the connection has no transaction before and after."""
        self.learn(self.settings.lock_timeout)
        with suppress(DBAPIError), self.connection.begin():
            # Not on every system: the server then gives up what a killed client has begun.
            self.execute("SET client_connection_check_interval = 1000")
        untracked_statements.watch(self.connection, self._watch)
        self.running.wrap_function = self.revision
        self.context.autocommit_block = self._block  # type: ignore[method-assign]  # of this one

    def learn(self, lock_timeout: int) -> None:
        """Learn what is there; the connection has no transaction before and after.

        lock_timeout: of the session from now on, in milliseconds.
        """
        own = journal.version_table_name(self.context)
        with self.connection.begin():
            self.execute(f"SET lock_timeout = {lock_timeout}")
            self.known = catalog.user_table_oids(self.connection, own)
            self.version = self.connection.scalar(
                text("SELECT current_setting('server_version_num')::int")
            )
        self.unnoted = preflight.no_journal_reason(self.connection, own)

    def revision(self, step: Any, function: Callable[..., None]) -> Callable[..., None]:  # noqa: ANN401  # Alembic's step
        """Return a revision's function that is tried until it gets its locks."""

        @functools.wraps(function)
        def run(**options: Any) -> None:  # noqa: ANN401  # as Alembic types them
            self.tries = patience = self.patience()
            self.prepared.clear()
            self.cuts.clear()
            if not self.begun:
                schema = self.context.version_table_schema
                preflight.require_writable(self.connection, schema, first=not self.running.heads)
            while True:
                try:
                    self._once(step, function, options)
                except ReplayError as replay:
                    self._replay(step, replay)
                except CommitBeforeError as cut:
                    transactions.roll_back(self.context)
                    self.cuts.add(cut.key)
                    self.locals.clear()
                    self.begin()
                except RefusedError as error:
                    self._forget()
                    raise self._with_ways_on(error, step) from error
                except DBAPIError as error:
                    if self.gone or not lock_retry.is_retryable(error):
                        self._done_nothing(error)
                        raise
                    transactions.roll_back(self.context)
                    patience.wait(self.connection, error.statement or "")
                    wait_for_blockers.wait(self, self.settings, [error.statement or ""], patience)
                    self.locals.clear()
                    self.begin()
                else:
                    return

        return run

    def _once(self, step: Any, function: Callable[..., None], options: dict[str, Any]) -> None:  # noqa: ANN401
        self.postponed = None
        self.said.clear()
        self.swapped.clear()
        self.locals.clear()
        self.fills = {}
        self.whole, self.handed, self.gone = self.unnoted, False, False
        self.journal = self._opened(step)
        self.running.resumed = self.journal.stored
        self.active = True
        try:
            function(**options)
            with self.own():
                self.settle()
                self.journal.clear(self.connection)
        finally:
            self.active = False

    def _opened(self, step: Any) -> Journal:  # noqa: ANN401  # Alembic's step
        table = journal.version_table_name(self.context)
        direction = "upgrade" if step.is_upgrade else "downgrade"
        at = ", ".join(self.running.heads) or "base"
        if self.begun and not self.journal.stored:
            # Nobody else has noted anything since.
            opened = Journal(table, ProgressNote(step.revision.revision, direction))
        else:
            opened = journal.open_journal(
                self.connection, table, step.revision.revision, direction, at
            )
        self.begun = True
        opened.silent = bool(self.unnoted)
        return opened

    def _replay(self, step: Any, replay: ReplayError) -> None:  # noqa: ANN401  # Alembic's step
        transactions.roll_back(self.context)
        with self.connection.begin():
            self.journal = self._opened(step)
            self.journal.position = len(self.journal.note.done)
            self.journal.save(self.connection, replay.key)
        self.running.partly_committed = True
        try:
            replay.prepare()
        except RefusedError:
            self._forget()
            raise
        self.prepared[replay.key] = replay.undo
        self.locals.clear()
        self.begin()

    @contextmanager
    def own(self) -> Iterator[None]:
        """Execute statements that are known, or our own, in the block."""
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    def _watch(self, statement: str) -> None:
        """See what a revision sends past the operations: it is not noted, so never commit it."""
        if self.active and not self.inside and session_statements.may_write(statement):
            self.whole = "writes with op.get_bind()"
            self.gone = self.gone or self.block

    def _forget(self) -> None:
        """Take the note away where a revision has done nothing, and what was only prepared."""
        transactions.roll_back(self.context)
        for undo in self.prepared.values():
            undo()
        self.prepared.clear()
        if self.journal.stored and not self.journal.note.done:
            with self.connection.begin():
                self.journal.clear(self.connection)
            self.running.partly_committed = False

    def _done_nothing(self, error: DBAPIError) -> None:
        """Take the note away where a revision has done nothing, and nothing of it has begun."""
        note = self.journal.note
        if self.journal.stored and not (note.done or note.began or error.connection_invalidated):
            self._forget()
            self.running.resumed = False

    def _with_ways_on(self, error: UserError, step: Any) -> UserError:  # noqa: ANN401  # Alembic's
        """Return an error that says, too, what can be done with a revision that is half done."""
        if not (self.journal.note.done and step.is_upgrade):
            return error
        at = ", ".join(step.from_revisions) or "base"
        return UserError(
            f"{error}\nWhat it did before stays: the next run goes on from there, or take it back: "
            f"alembic downgrade {at}"
        )

    def begin(self) -> None:
        """Begin the revision's next transaction."""
        self.said.clear()
        self.swapped.clear()
        super().begin()

    def settle(self) -> None:
        """Do what was put off until now."""
        waiting_one, self.postponed = self.postponed, None
        if waiting_one is not None:
            waiting_one.work()

    def wait_aside(self, statement: str) -> None:
        """Wait for long transactions, before the first statement of the revision's own."""
        if self.tries is not None and not self.said and not self.block:
            wait_for_blockers.wait(self, self.settings, [statement], self.tries)

    def cut(self, key: str) -> None:
        """Commit what the revision did so far, where that was asked for before a statement."""
        if key in self.cuts and self.said:
            self.settle()
            self.commit()
            self.begin()

    def only_dropped(self) -> bool:
        """Return whether the open transaction did nothing but take what hinders a swap away.

        Raises CutError where it did so in the end, and something else before.
        """
        takes = [
            one == session_statements.SWAP_ENTRY or session_statements.drops_dependent(one)
            for one in self.said
        ]
        if not takes or not takes[-1]:
            return False
        first = len(takes) - takes[::-1].index(False) if False in takes else 0
        if first and not self.block and session_statements.SWAP_ENTRY not in self.said[:first]:
            raise CommitBeforeError(journal.statement_key(self.said[first]))
        return not first and any(
            statement != session_statements.SWAP_ENTRY for statement in self.said
        )

    @contextmanager
    def _block(self) -> Iterator[None]:
        """Run what a revision writes in an autocommit block."""
        with self.own():
            self.settle()
            self.commit()
        self.gone = self.gone or bool(self.whole)
        transactions.enter_autocommit(self.connection)
        self.block = True
        try:
            yield
        finally:
            self.block = False
            transactions.leave_autocommit(self.connection)
        with self.own():
            self.begin()
