"""A run of revisions on a database with traffic: transactions, locks, and what is done already.

A plain statement runs in its revision's transaction. One with an online form ends that, which is
committed with a note of how far the revision came, and goes its own steps, each a transaction of
its own that waits for a lock no longer than lock_timeout, and is tried again. A revision whose
transaction waits too long is rolled back and run again from its top, without what is done.
"""

from __future__ import annotations

import functools
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from ddl.errors import UserError
from ddl.online import catalog, journal, ready, session, waiting, watch
from ddl.online.journal import Journal, Note
from ddl.online.outcomes import LeftNothingError, Postponed, ReplayError
from ddl.online.transaction import roll_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection, Row

    from ddl.online.catalog import Relation
    from ddl.online.settings import Settings
    from ddl.steps import Running

_T = TypeVar("_T")

# SQLAlchemy then sends percent signs as they are.
_VERBATIM = {"no_parameters": True}


_SETTING = "SELECT current_setting(:name)"
_SET = "SELECT set_config(:name, :value, false)"

# What a revision may drop for the moment of a swap, and how it notes the swap itself.
SWAPPED = "swap"
_DROPPED = re.compile(
    r"\s*DROP\s+(VIEW|MATERIALIZED|POLICY|TRIGGER|RULE|FUNCTION)\b", re.IGNORECASE
)


@dataclass
class Runner:
    """The run; connection: its own, which no caller has a transaction on.

    known: the tables that were there when it began. active: whether a revision's own statements
    come now. block: whether they stand in an autocommit block of the revision. said: what the open
    transaction executed for it. prepared: the statements that need but a moment from now on.
    fills: what fills a column, by its table and its name in the catalog. locals: what the revision
    has set for its transaction. whole: why the rest of it must be one transaction, "" without.
    handed: whether it has the connection itself. gone: whether it committed what it did with that.
    """

    context: MigrationContext
    connection: Connection
    settings: Settings
    running: Running
    known: frozenset[int] = frozenset()
    version: int = 0
    active: bool = False
    block: bool = False
    journal: Journal = field(default_factory=lambda: Journal("", Note("", "")))
    postponed: Postponed | None = None
    said: list[str] = field(default_factory=list)
    prepared: set[str] = field(default_factory=set)
    fills: dict[tuple[int, str], Callable[[], None]] = field(default_factory=dict)
    locals: list[str] = field(default_factory=list)
    whole: str = ""
    handed: bool = False
    gone: bool = False
    inside: int = 0

    def start(self) -> None:
        """Set what a session needs; the connection has no transaction before and after."""
        with self.connection.begin():
            self.execute(f"SET lock_timeout = {self.settings.lock_timeout}")
            self.known = catalog.tables(self.connection)
            self.version = self.connection.scalar(
                text("SELECT current_setting('server_version_num')::int")
            )
        with suppress(DBAPIError), self.connection.begin():
            # Not on every system: the server then gives up what a killed client has begun.
            self.execute("SET client_connection_check_interval = 1000")
        event.listen(self.connection, "before_cursor_execute", self._watch)
        self.running.prepare = self.revision
        self.context.autocommit_block = self._block  # type: ignore[method-assign]  # of this one

    # Revisions

    def revision(self, step: Any, function: Callable[..., None]) -> Callable[..., None]:  # noqa: ANN401  # Alembic's step
        """Return a revision's function that is tried until it gets its locks."""

        @functools.wraps(function)
        def run(**options: Any) -> None:  # noqa: ANN401  # as Alembic types them
            patience = self.patience()
            self.prepared.clear()
            schema = self.context.version_table_schema
            ready.expect(self.connection, schema, first=not self.running.heads)
            while True:
                try:
                    self._once(step, function, options)
                except ReplayError as replay:
                    self._replay(step, replay)
                except LeftNothingError:
                    self._forget()
                    raise
                except DBAPIError as error:
                    if self.gone or not waiting.busy(error):
                        raise
                    roll_back(self.context)
                    patience.wait(self.connection, error.statement or "")
                    self.locals.clear()
                    self._begin()
                else:
                    return

        return run

    def _once(self, step: Any, function: Callable[..., None], options: dict[str, Any]) -> None:  # noqa: ANN401
        self.postponed = None
        self.said.clear()
        self.locals.clear()
        self.whole, self.handed, self.gone = "", False, False
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
        return journal.opened(
            self.connection,
            journal.table_of(self.context),
            step.revision.revision,
            "upgrade" if step.is_upgrade else "downgrade",
        )

    def _replay(self, step: Any, replay: ReplayError) -> None:  # noqa: ANN401  # Alembic's step
        roll_back(self.context)
        with self.connection.begin():
            self.journal = self._opened(step)
            self.journal.position = len(self.journal.note.done)
            self.journal.save(self.connection, replay.key)
        self.running.split = True
        try:
            replay.prepare()
        except LeftNothingError:
            self._forget()
            raise
        self.prepared.add(replay.key)
        self.locals.clear()
        self._begin()

    @contextmanager
    def own(self) -> Iterator[None]:
        """Execute statements that are known, or our own, in the block."""
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    def _watch(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401
        """See what a revision sends past the operations: it is not noted, so never commit it."""
        del connection, cursor
        if self.active and not self.inside and session.writes(statement):
            self.whole = "writes with op.get_bind()"
            self.gone = self.gone or self.block

    def _forget(self) -> None:
        """Take the note away where a revision has done nothing."""
        roll_back(self.context)
        if self.journal.stored and not self.journal.note.done:
            with self.connection.begin():
                self.journal.clear(self.connection)
            self.running.split = False

    def settle(self) -> None:
        """Do what was put off until now."""
        waiting_one, self.postponed = self.postponed, None
        if waiting_one is not None:
            waiting_one.work()

    # Transactions

    @contextmanager
    def outside(self, key: str, detail: str = "") -> Iterator[None]:
        """Commit what the revision did so far, and go on without a transaction.

        key: of the statement that needs it, which is noted as done when the block ends, unless the
        block has done that. detail: what to note until then. The revision's next transaction
        begins at the end.
        """
        began = f"{key}:{detail}" if detail else key
        if self.block:
            self._leave_autocommit()
            with self.connection.begin():
                self.journal.save(self.connection, began)
            self.running.split = True
        else:
            self._commit(began)
        yield
        if self.journal.note.began:
            self.attempt(lambda: None, f"COMMENT ON TABLE {self.journal.table}", done=key)
        if self.block:
            self._enter_autocommit()
        else:
            self._begin()

    def step(self, *statements: str) -> None:
        """Execute statements in a short transaction, again and again until they get their locks."""
        self.attempt(lambda: self._each(statements), "\n".join(statements))

    def attempt(self, work: Callable[[], _T], names: str, *, done: str = "") -> _T:
        """Do some work in a short transaction, again and again until it gets its locks.

        names: the statements, for the names of the tables in them. done: the key of the statement
        that the work completes, which is noted in the same transaction.
        """
        patience = self.patience()
        while True:
            try:
                with self.connection.begin():
                    self._each(self.locals)
                    self.execute(f"SET LOCAL statement_timeout = {self.settings.statement_timeout}")
                    result = work()
                    if done:
                        self.journal.finish(self.connection, done)
            except DBAPIError as error:
                if not waiting.busy(error):
                    raise
                patience.wait(self.connection, names)
            else:
                if done:
                    self.journal.keep(done)
                return result

    def fail(self, statement: str) -> None:
        """Execute a statement whose error, or silence, is PostgreSQL's own."""
        try:
            self.step(statement)
        except DBAPIError as error:
            # Nothing has begun that the next run may go on with.
            if not error.connection_invalidated:
                with self.connection.begin():
                    self.journal.end(self.connection)
            raise

    def mark(self, key: str, detail: str) -> None:
        """Note something about the statement at work."""
        self.attempt(
            lambda: self.journal.mark(self.connection, key, detail),
            f"COMMENT ON TABLE {self.journal.table}",
        )

    def long(self, *statements: str) -> None:
        """Execute statements that may take their time, since they let everybody else work."""
        with self.connection.begin():
            self._each(self.locals)
            self.execute("SET LOCAL lock_timeout = 0")
            self.execute("SET LOCAL statement_timeout = 0")
            with watch.told(self.connection, statements[0]):
                self._each(statements)

    def concurrently(self, statement: str) -> None:
        """Execute a statement that PostgreSQL refuses in a transaction, without a limit."""
        sets = [session.of_session(statement) for statement in self.locals]
        sets = [(setting, name) for setting, name in sets if name]
        with self.connection.begin():
            before = [(name, self.one(_SETTING, name=name)) for _, name in sets]
            self._each([setting for setting, _ in sets])
            self.execute("SET lock_timeout = 0")
            self.execute("SET statement_timeout = 0")
        try:
            self._enter_autocommit()
            try:
                with watch.told(self.connection, statement):
                    self.execute(statement)
            finally:
                self._leave_autocommit()
        finally:
            if not self.connection.invalidated:
                with self.connection.begin():
                    for name, value in before:
                        self.one(_SET, name=name, value=value)
                    self.execute(f"SET lock_timeout = {self.settings.lock_timeout}")
                    self.execute("RESET statement_timeout")

    def execute(self, statement: str) -> int:
        """Execute a statement as it stands, in the transaction that there is; count its rows."""
        return self.connection.exec_driver_sql(statement, execution_options=_VERBATIM).rowcount

    def value(self, question: str) -> Any:  # noqa: ANN401  # any value
        """Return what a question answers, as it stands, in the transaction that there is."""
        return self.connection.exec_driver_sql(question, execution_options=_VERBATIM).scalar()

    def row(self, query: str) -> Row[Any]:
        """Return the first row of what a query finds, as it stands, in the transaction there is."""
        return self.connection.exec_driver_sql(query, execution_options=_VERBATIM).one()

    def rows(self, query: str, **parameters: Any) -> Sequence[Row[Any]]:  # noqa: ANN401  # any value
        """Return what a query finds, in the transaction that there is, or in its own."""
        if self.connection.in_transaction():
            return self.connection.execute(text(query), parameters).all()
        with self.connection.begin():
            return self.connection.execute(text(query), parameters).all()

    def resumed(self, statement: str) -> bool:
        """Return whether an earlier run was at work on a statement when it ended."""
        return self.journal.resumed(journal.key(statement))

    def find(self, name: str) -> Relation | None:
        """Return what a statement calls by a name, None when there is no such thing."""
        found = self.rows(catalog.FIND, name=name)
        return catalog.Relation(**found[0]._mapping) if found else None  # noqa: SLF001  # its public name

    def one(self, query: str, **parameters: Any) -> Any:  # noqa: ANN401  # any value
        """Return the first value that a query finds, or None."""
        found = self.rows(query, **parameters)
        return found[0][0] if found else None

    def stop(self, why: str) -> UserError:
        """Return the error of a revision that stops half-way; the next run goes on from there."""
        return UserError(f"{self.running.label} stops: {why}")

    def refuse(self, why: str) -> UserError:
        """Return the error of a revision that stops, its step having left nothing."""
        return LeftNothingError(f"{self.running.label} stops: {why}")

    def _each(self, statements: Sequence[str]) -> None:
        for statement in statements:
            self.execute(statement)

    def patience(self) -> waiting.Patience:
        """Return the tries of one statement."""
        return waiting.Patience(self.running.label, self.settings.lock_patience / 1000)

    def only_dropped(self) -> bool:
        """Return whether the open transaction did nothing but take what hinders a swap away."""
        dropped = [bool(_DROPPED.match(statement)) for statement in self.said]
        return any(dropped) and all(
            done or statement == SWAPPED for done, statement in zip(dropped, self.said, strict=True)
        )

    def _begin(self) -> None:
        self.said.clear()
        self.context._transaction = self.connection.begin()  # noqa: SLF001  # as autocommit_block()
        self._each(self.locals)

    def _commit(self, key: str = "") -> None:
        self.journal.save(self.connection, key)
        self.running.split = True
        transaction = self.context._transaction  # noqa: SLF001
        self.context._transaction = None  # noqa: SLF001
        if transaction is not None:
            transaction.commit()

    @contextmanager
    def _block(self) -> Iterator[None]:
        """Run what a revision writes in an autocommit block."""
        with self.own():
            self.settle()
            self._commit()
        self.gone = self.gone or bool(self.whole)
        self._enter_autocommit()
        self.block = True
        try:
            yield
        finally:
            self.block = False
            self._leave_autocommit()
        with self.own():
            self._begin()

    def _enter_autocommit(self) -> None:
        self.connection.execution_options(isolation_level="AUTOCOMMIT")
        self.connection.begin()

    def _leave_autocommit(self) -> None:
        transaction = self.connection.get_transaction()
        if self.connection.invalidated:
            return
        if transaction is not None:
            transaction.commit()
        level = self.connection.default_isolation_level or "READ COMMITTED"
        self.connection.execution_options(isolation_level=level)
