"""Run revisions beside traffic: retry transactions, skip what is done, commit between steps.

A statement without a strategy runs in its revision's transaction. One with a strategy commits that
transaction, with a note of how far the revision came, and takes its own steps. A revision whose
transaction waits too long for a lock is rolled back, and run again without what is committed. With
-x online=off no statement has a strategy, but for one that an earlier run has begun.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import catalog, run_requirements, time_limits
from alembic_pg.online.connection_state import version_table
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import (
    half_done,
    journal,
    other_connections,
    transactions,
    violations,
    ways_back,
)
from alembic_pg.online.run.revision_transactions import RevisionTransactions
from alembic_pg.online.run.signals import (
    CommitBeforeError,
    RefusedError,
    ReplayError,
    UnfinishedError,
)
from alembic_pg.revisions.current_revision import direction_of, place_name
from alembic_pg.revisions.failure_messages import with_ways_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic_pg.errors import UserError
    from alembic_pg.online.run.journal import Journal
    from alembic_pg.sql.statements import UpdateOrDelete


@dataclass
class Runner(RevisionTransactions):
    """Run revisions beside traffic, on one connection.

    Of the run:
    version_table_place: Alembic's own table, with its schema.
    existing_tables: the oids of the tables that were there when it began.
    any_revision_begun: whether a revision has begun.
    beside_version: returns the statement that goes with the one that notes a step, "" for none.

    Of a revision, whatever number of times its function runs:
    prepared_swaps: by statement key, what takes back the preparation of a column swap.
    commit_before: the keys of the statements before which to commit.

    Of one call of the revision's function:
    backfill_statements: the UPDATE that fills a column, by the table's oid and the column's name.
    """

    version_table_place: str = ""
    existing_tables: frozenset[int] = frozenset()
    any_revision_begun: bool = False
    beside_version: Callable[[Any], str] | None = None

    prepared_swaps: dict[str, Callable[[], None]] = field(default_factory=dict)
    commit_before: set[str] = field(default_factory=set)

    backfill_statements: dict[tuple[int, str], UpdateOrDelete] = field(default_factory=dict)

    def start(self) -> None:
        """Prepare the session and context; the connection has no transaction before and after."""
        self.read_server_state(self.settings.lock_timeout)
        with suppress(DBAPIError), self.connection.begin():
            # Not on every system: the server then gives up what a killed client has begun.
            self.execute("SET client_connection_check_interval = 1000")
        self.watch_connection()
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
                    time_limits.COMMIT_LOCALLY,
                ]
            )
            self.existing_tables = catalog.user_table_oids(self.connection, own)
            place = functools.partial(version_table.read_version_and_place, self.connection, own)
            self.version, self.version_table_place = place(self.context.version_table_schema)
        self.no_journal_reason = run_requirements.no_journal_reason(self.connection, own)

    def wrap_revision(self, step: Any, function: Callable[..., None]) -> Callable[..., None]:  # noqa: ANN401  # Alembic's step
        """Return a revision's function that is tried until it gets its locks."""

        @functools.wraps(function)
        def run(**options: Any) -> None:  # noqa: ANN401  # as Alembic types them
            self.revision_budget = budget = self.retry_budget()
            self.prepared_swaps.clear()
            self.commit_before.clear()
            first = not (self.any_revision_begun or self.running.heads)
            self.version_table = version_table.VersionTable(first)
            if not self.any_revision_begun:
                schema = self.context.version_table_schema
                run_requirements.require_writable(self.connection, schema, first=first)
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
                    self.remember_refusal(error.__cause__)
                    raise self._with_ways_on(step, error) from error
                except DBAPIError as error:
                    if self.committed_untracked or not lock_retry.is_retryable(error):
                        self._clear_if_nothing_done(error)
                        self._explain_nulls(error)
                        self.remember_refusal(error)
                        raise
                    transactions.roll_back(self.context)
                    self.wait_for_retry(budget, error.statement or "")
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
        self.begin_function()
        self.backfill_statements, self.running.path_setting = {}, ""
        self.version_table.ensure(self.context)
        self.journal = self._open_journal(step)
        self.running.resumed = self.journal.stored
        self.tracking.in_revision = True
        try:
            impl: Any = self.context.impl  # OnlineImpl
            watched = other_connections.watched(self.connection, self.tracking, self.running)
            with impl.revision_of_block(), watched:
                function(**options)
            half_done.see_to_passed_over(self)
            self.end_function()
            with self.track_statements():
                self.run_pending()
                self.send_queued(*self.journal.clearing_statements(), last=True)
                self.journal.confirm_cleared()
        finally:
            self.tracking.in_revision = False
            self.abandon_own_autocommit()

    def _open_journal(self, step: Any) -> Journal:  # noqa: ANN401  # Alembic's step
        table = journal.version_table_name(self.context)
        direction = direction_of(step)
        at = functools.partial(half_done.place_before, self.context, self.running.heads)
        if self.any_revision_begun and not self.journal.stored:
            # Nobody else has noted anything since.
            opened = half_done.new_journal(table, step.revision, direction)
        else:
            opened = half_done.open_journal(self.connection, table, step.revision, direction, at)
        self.any_revision_begun = True
        opened.disabled, opened.place = bool(self.no_journal_reason), self.version_table_place
        return opened

    def is_done(self, key: str, sql: str) -> bool:
        """Return whether a statement is done; it counts as met then.

        Raises UserError where nobody can tell.
        """
        if self.journal.already_done(key):
            return True
        at = place_name(self.running.step.from_revisions)
        half_done.require_known_statement(self.journal, self.running.step.revision, key, sql, at)
        return False

    def _replay(self, step: Any, replay: ReplayError) -> None:  # noqa: ANN401  # Alembic's step
        transactions.roll_back(self.context)
        with self.connection.begin():
            self.journal = self._open_journal(step)
            self.journal.unmet.clear()
            self.journal.save(self.connection, replay.key)
        self.running.partly_committed = True
        try:
            replay.prepare()
        except RefusedError as error:
            raise self._with_ways_on(step, error) from error
        self.prepared_swaps[replay.key] = replay.undo
        self.local_settings.clear()
        self.begin()

    def _clear_unstarted(self) -> None:
        """Drop what was only prepared, and the note of a revision that has done nothing."""
        transactions.roll_back(self.context)
        for undo in self.prepared_swaps.values():
            undo()
        self.prepared_swaps.clear()
        if self.journal.stored and not self._has_committed():
            with self.connection.begin():
                self.journal.clear_note(self.connection, self.version_table)
            self.running.partly_committed = False

    def _with_ways_on(self, step: Any, error: RefusedError | UnfinishedError) -> UserError:  # noqa: ANN401  # Alembic's step
        if not (self._stays_half_done(error) and step.is_upgrade):
            return error
        at = place_name(step.from_revisions)
        return with_ways_on(error, ways_back.ways_on(self.journal.note, at))

    def _stays_half_done(self, error: RefusedError | UnfinishedError) -> bool:
        """Clear what was only prepared; return whether something of the revision stays."""
        if not isinstance(error, UnfinishedError):
            self._clear_unstarted()
        return isinstance(error, UnfinishedError) or self._has_committed()

    def _has_committed(self) -> bool:
        """Return whether something is committed, the statement at work aside."""
        return bool(self.journal.note.done or self.journal.note.untracked)

    def _clear_if_nothing_done(self, error: DBAPIError) -> None:
        """Clear the note of a revision that has neither done nor begun anything."""
        begun = self._has_committed() or self.journal.note.began or error.connection_invalidated
        if self.journal.stored and not begun:
            self._clear_unstarted()
            self.running.resumed = False

    def _explain_nulls(self, error: DBAPIError) -> None:
        """Raise UserError where a column with nulls becomes NOT NULL in one transaction."""
        if self.settings.online or self.running.partly_committed or self.running.resumed:
            return
        if (why := violations.null_violation(error)) is not None:
            transactions.roll_back(self.context)
            said = violations.describe_nulls(self, *why)
            if said:
                raise self.stopped_error(f"{said} The database is as it was before it.") from error

    def commit_if_requested(self, key: str) -> None:
        """Commit what the revision did so far, where that was requested before this statement."""
        if key in self.commit_before and self.executed:
            self.run_pending()
            self.commit()
            self.begin()

    @contextmanager
    def _autocommit_block(self) -> Iterator[None]:
        """Run what a revision writes in an autocommit block."""
        self.adopt_transaction()
        self.leave_own_autocommit()
        with self.track_statements():
            self.run_pending()
            self.commit()
        self.committed_untracked = self.committed_untracked or bool(self.single_transaction_reason)
        transactions.enter_autocommit(self.connection)
        self.in_autocommit_block = True
        try:
            with self._unlimited():
                yield
            with self.track_statements():
                self.run_pending()  # a ROLLBACK that follows does not concern it
        finally:
            self.in_autocommit_block = False
            transactions.leave_autocommit(self.connection)
        with self.track_statements():
            self.begin()

    @contextmanager
    def _unlimited(self) -> Iterator[None]:
        """Let an autocommit block wait without an end where its statements stand as they are."""
        if not self.settings.online:
            self._set_lock_timeout(0)
        try:
            yield
        finally:
            if not (self.settings.online or self.connection.invalidated):
                self._set_lock_timeout(self.settings.lock_timeout)

    def _set_lock_timeout(self, milliseconds: int) -> None:
        with self.track_statements():
            self.execute(f"SET lock_timeout = {milliseconds}")
