"""Execute the steps of a strategy: short ones with lock retries, long ones without limits.

A short step waits for a lock no longer than lock_timeout, gives way, and is tried again. A long one
blocks nobody, and waits without a limit.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlalchemy.exc import DBAPIError

from alembic_pg import events
from alembic_pg.database import time_limits
from alembic_pg.database.session import Session, one_a_message
from alembic_pg.errors import UserError
from alembic_pg.online.connection_state import session_settings
from alembic_pg.online.locks import lock_first, lock_retry, progress_monitor, wait_for_blockers
from alembic_pg.online.run import journal, transactions
from alembic_pg.online.run.helper_names import HelperNames
from alembic_pg.online.run.journal import Journal, ProgressNote
from alembic_pg.online.run.signals import RefusedError, UnfinishedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from alembic_pg.database.catalog import Relation
    from alembic_pg.options import Settings
    from alembic_pg.refusals.refusal import Refusal
    from alembic_pg.revisions.current_revision import RunState
    from alembic_pg.sql.row_ranges import RowChange

_T = TypeVar("_T")


class BatchFiller(Protocol):
    """Changes many rows, a few at a time; a part of backfill, which is given to the executor."""

    def __call__(  # noqa: PLR0913  # the last three are rare
        self,
        executor: Executor,
        table: Relation,
        rows: RowChange,
        /,
        *,
        unseen: bool = False,
        quiet: bool = False,
        first: Sequence[str] = (),
    ) -> None:
        """Change the rows of a table and its partitions until none is left."""


@dataclass
class Executor(Session):
    """Execute the steps of strategies on one connection.

    Of the run:
    context: Alembic's, of this run.
    connection: the run's own, on which no caller has a transaction.
    settings: how long to wait for what.
    running: which revision runs.
    batch_filler: changes many rows in batches.
    version: the server's, as server_version_num has it.
    warned: what a person was told.

    Of the revision:
    journal: which of its statements are done.
    helpers: what its steps have made under other names.
    local_settings: what the revision has set for its transaction, as statements.
    in_autocommit_block: whether its statements stand in an autocommit block.
    """

    context: MigrationContext
    connection: Connection
    settings: Settings
    running: RunState
    batch_filler: BatchFiller
    version: int = 0
    warned: set[str] = field(default_factory=set)

    in_autocommit_block: bool = False
    journal: Journal = field(default_factory=lambda: Journal("", ProgressNote("", "")))
    helpers: HelperNames = field(default_factory=HelperNames)
    local_settings: list[str] = field(default_factory=list)

    @contextmanager
    def outside_transaction(self, key: str, detail: str = "") -> Iterator[None]:
        """Commit what the revision did so far, and go on without a transaction.

        key: of the statement that needs it, which is noted as done when the block ends, unless the
        block has done that. detail: what to note until then. The revision's next transaction
        begins at the end.
        """
        began = f"{key}:{detail}" if detail else key
        if self.in_autocommit_block:
            transactions.leave_autocommit(self.connection)
            with self.connection.begin():
                self.journal.save(self.connection, began)
            self.running.partly_committed = True
        else:
            self.commit(began)
        yield
        if self.journal.note.began:
            self.run_short(done=key)
        if self.in_autocommit_block:
            transactions.enter_autocommit(self.connection)
        else:
            self.begin()

    @contextmanager
    def undone_at_end(self) -> Iterator[None]:
        """Undo at the end what the block executes, in an autocommit block of the revision too."""
        autocommit = transactions.is_autocommit(self.connection)
        if autocommit:
            transactions.leave_autocommit(self.connection)
        try:
            with super().undone_at_end():
                yield
        finally:
            if autocommit:
                transactions.enter_autocommit(self.connection)

    def begin(self) -> None:
        """Begin the revision's next transaction."""
        transactions.begin(self.context, self.connection)
        self.execute_all(self.local_settings)

    def commit(self, began: str = "") -> None:
        """Commit what the revision did so far. began: what to note of the statement at work."""
        note, noting = self.journal.saving_statements(self.connection, began)
        self.send_last(noting)
        self.journal.confirm_saved(note)
        self.running.partly_committed = True
        transactions.commit(self.context)

    def send_last(self, statements: Sequence[str]) -> None:
        """Send the last statements of a transaction, before its COMMIT."""
        self.execute_all(statements)

    def run_short(
        self, *statements: str, done: str = "", detail: tuple[str, str] = ("", "")
    ) -> None:
        """Execute statements in a short transaction, and retry it until they get their locks.

        done: the key of the statement that they complete, which is noted in the same transaction.
        detail: the key of the statement at work, and what to note of it there.
        """

        def send() -> None:
            noted = self.journal.done_statements(done) if done else []
            if detail[0]:
                noted = self.journal.detail_statements(*detail)
            self.execute_all([*self.short_limits(), *locks, *statements, *noted, *ended])

        locks = self.lock_statements(statements)
        ended = self.end_limits()
        self.run_with_retries(send, *statements, one_message=True)
        if done:
            self.journal.confirm_done(done)

    def run_with_retries(
        self, work: Callable[[], _T], *statements: str, one_message: bool = False
    ) -> _T:
        """Do some work in a short transaction, and retry it until it gets its locks.

        work: sends short_limits() first. statements: what it executes, for the locks that they
        take. one_message: whether it sends all at once. That is its own transaction then: who
        waits for a lock of ours does not wait for the way to us and back, too.
        """
        transaction = one_a_message if one_message else nullcontext
        budget = self.retry_budget()
        while True:
            wait_for_blockers.wait(self, self.settings, statements, budget)
            try:
                with transaction(self.connection), self.connection.begin():
                    result = work()
            except DBAPIError as error:
                if not lock_retry.is_retryable(error):
                    raise
                budget.pause_or_give_up(self.connection, "\n".join(statements))
            else:
                return result

    def run_for_its_error(self, statement: str) -> None:
        """Execute a statement as it stands: PostgreSQL itself says what is wrong with it."""
        try:
            self.run_short(statement)
        except DBAPIError as error:
            # Nothing has begun that the next run may go on with.
            if not error.connection_invalidated:
                with self.connection.begin():
                    self.journal.note_nothing_at_work(self.connection)
            raise

    def start_detail(self, key: str, expression: str) -> str:
        """Return what an earlier run noted of a statement, or what to note before it begins.

        expression: of that, in SQL.
        """
        return self.journal.detail(key) or str(self.scalar(f"SELECT {expression}"))

    def run_long(self, *statements: str) -> None:
        """Execute statements that may take their time, since they let everybody else work."""
        with self.connection.begin():
            self.execute_all([*self.local_settings, *time_limits.long_step(self.version)])
            with progress_monitor.report_progress(self.connection, statements[0]):
                self.execute_all(statements)

    def warn(self, text: str) -> None:
        """Tell a person once, whatever is tried again, what a statement does to others."""
        if text not in self.warned:
            self.warned.add(text)
            events.tell(events.WARNING, text)

    def remember_cleanup(self, *statements: str) -> None:
        """Remember what drops all that a strategy makes, where no catalog can be asked."""

    def change_in_batches(
        self,
        table: Relation,
        rows: RowChange,
        *,
        unseen: bool = False,
        quiet: bool = False,
        first: Sequence[str] = (),
    ) -> None:
        """Change many rows, a few at a time, as the batch filler says."""
        self.batch_filler(self, table, rows, unseen=unseen, quiet=quiet, first=first)

    def has_row(self, query: str, first: Sequence[str], why: str) -> bool:
        """Return whether a query finds a row, however long that takes.

        first: statements that its transaction begins with. why: what to say where it does.
        """
        del why  # the caller says it
        with self.connection.begin():
            self.execute_all(
                [*time_limits.long_look(self.version), "SET LOCAL row_security = off", *first]
            )
            return bool(self.scalar(f"SELECT EXISTS ({query})"))

    def run_concurrently(self, statement: str) -> None:
        """Execute a statement that PostgreSQL refuses in a transaction, without a limit."""
        with (
            session_settings.given(self, self.local_settings, self.version),
            transactions.autocommit(self.connection),
            progress_monitor.report_progress(self.connection, statement),
        ):
            self.execute(statement)

    def lock_statements(self, statements: Sequence[str]) -> list[str]:
        """Return what locks the tables of a short transaction first, where they are several."""
        return lock_first.lock_statements(self, statements)

    def short_limits(self) -> list[str]:
        """Return what a short transaction begins with."""
        return [*self.local_settings, *time_limits.short_step(self.settings, self.version)]

    def end_limits(self) -> list[str]:
        """Return what a short transaction that is one message ends with."""
        return [time_limits.END_STATEMENT_LIMIT]

    def retry_budget(self) -> lock_retry.RetryBudget:
        """Return the tries of one statement."""
        return lock_retry.RetryBudget(self.running.label, self.settings.lock_patience / 1000)

    def was_interrupted(self, statement: str) -> bool:
        """Return whether an earlier run was at work on a statement when it ended."""
        return self.journal.was_interrupted(journal.statement_key(statement))

    def stopped_error(self, why: str) -> UserError:
        """Return the error of a revision that stops half-way; the next run goes on from there."""
        return UserError(f"{self.running.label} stops: {why}")

    def refused_error(self, refusal: Refusal, way_out: str = "") -> UserError:
        """Return the error of a revision that stops, its step having left nothing.

        way_out: what else a person may do, after the refusal's own text.
        """
        values = self.helpers.with_own_names(refusal.values)
        return RefusedError(self.running.label, replace(refusal, values=values), way_out)

    @contextmanager
    def leaving_work(self) -> Iterator[None]:
        """Let a step of the block that is refused leave what came before it, and the note of that.

        Raises UnfinishedError for RefusedError.
        """
        try:
            yield
        except RefusedError as error:
            raise UnfinishedError(str(error)) from error
