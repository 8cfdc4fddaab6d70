"""Send every statement of a revision through its strategy: Alembic's ``impl`` for such a run.

All operations, and op.execute(), end in one method of Alembic's implementation of PostgreSQL. So
this one belongs to one run; nothing is registered that would meet somebody else's operations.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic.ddl.postgresql import PostgresqlImpl
from alembic.util import immutabledict
from sqlalchemy import TextClause, create_engine, text
from sqlalchemy.schema import CreateTable, DDLElement, DropTable

from alembic_pg.database.session import as_message
from alembic_pg.database.url import DRIVER
from alembic_pg.online import before_steps, dispatch, interrupted_statement, release_before_long
from alembic_pg.online.run import journal
from alembic_pg.online.strategies import change_type_at_once, replace_constraint
from alembic_pg.sql import parser, session_statements, split, transaction_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.schema import Table

    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.online.strategies.strategy import Decision

# What a dialect learns of the server when it connects.
_SERVER_FACTS = ("_backslash_escapes", "server_version_info")


class OnlineImpl(PostgresqlImpl):
    """What a MigrationContext of such a run has as its ``impl``."""

    def __init__(self, runner: Runner) -> None:
        context = runner.context
        super().__init__(
            context.dialect,
            context.connection,
            as_sql=False,
            transactional_ddl=True,
            output_buffer=context.output_buffer,
            context_opts=context.opts,
        )
        self.runner = runner
        # The driver's own style doubles every percent sign.
        self.text_dialect = create_engine(f"{DRIVER}://", paramstyle="named").dialect
        if context.connection is not None:
            # Of the server, which was not asked for this one: how a literal has a backslash.
            known = vars(context.connection.dialect)
            vars(self.text_dialect).update(
                {name: known[name] for name in _SERVER_FACTS if name in known}
            )
        self.in_nested_call = False
        self.collected: list[str] | None = None

    def create_table(self, table: Table, **kw: Any) -> None:  # noqa: ANN401  # Alembic's own
        """Create a table, and what belongs to it, as one statement."""
        statement = str(CreateTable(table).compile(dialect=self.text_dialect))
        heard = bool(table.dispatch.before_create or table.dispatch.after_create)
        work = partial(super().create_table, table, **kw)
        self._run_as_one(statement, work, heard=heard)

    def drop_table(self, table: Table, **kw: Any) -> None:  # noqa: ANN401  # Alembic's own
        """Drop a table, and what SQLAlchemy drops with it, as one statement."""
        statement = str(DropTable(table).compile(dialect=self.text_dialect))
        heard = bool(table.dispatch.before_drop or table.dispatch.after_drop)
        work = partial(super().drop_table, table, **kw)
        self._run_as_one(statement, work, heard=heard)

    def _run_as_one(self, statement: str, work: Callable[[], None], *, heard: bool) -> None:
        """Run several statements as one. heard: whether somebody listens, who may send others."""
        if not self.runner.tracking.in_revision:
            work()
            return
        self.runner.adopt_transaction()
        with self.runner.track_statements(statement):
            key = journal.statement_key(statement)
            self.runner.journal.texts[key] = statement
            waits = not heard and self.runner.can_wait(statement)
            self._run_once(statement, key, work, waits=waits)

    def revision_of_block(self) -> AbstractContextManager[None]:
        """Go on with the statement at work, where the revision of the block may pass over it."""
        return interrupted_statement.finished_around(self.runner)

    def _run_once(self, sql: str, key: str, work: Callable[[], None], *, waits: bool) -> None:
        """Do what one statement of the revision says, unless it is done.

        waits: whether it goes to the server with those that follow.
        """
        runner = self.runner
        always = session_statements.is_session_statement(sql)
        if not always and self._is_done(sql, key):
            return
        if not change_type_at_once.waits_on(runner, sql):
            runner.run_pending()
        runner.commit_if_requested(key)
        if not waits:
            runner.send_queued()
            runner.wait_for_blockers(sql)
        runner.remember_cascade(sql)
        noted = runner.in_autocommit_block and not always
        outer, self.in_nested_call = self.in_nested_call, True
        self.collected = [] if waits else None
        try:
            if noted:
                runner.run_noted(key, work)
            else:
                work()
            if self.collected:
                runner.execute_later(self.collected)
        finally:
            self.in_nested_call, self.collected = outer, None
        runner.remember_setting(sql)
        if session_statements.binds_to_session(sql):
            runner.single_transaction_reason = (
                "has made what is there for one transaction or session only"
            )
        if not (always or noted):
            runner.journal.add_pending(key)
            runner.executed.append(sql)

    def _is_done(self, sql: str, key: str) -> bool:
        """Return whether a statement is done; take away what another one has left in its place."""
        runner = self.runner
        if runner.is_done(key, sql):
            return True
        at = runner.journal.interrupted_at
        if at and not runner.journal.was_interrupted(key):
            interrupted_statement.take_away_if_edited(runner)
        return False

    def _exec(
        self,
        construct: Any,  # noqa: ANN401  # a string, or anything that SQLAlchemy compiles
        execution_options: Mapping[str, Any] | None = None,
        multiparams: Any = None,  # noqa: ANN401  # Alembic's own
        params: Any = immutabledict(),  # noqa: ANN401, B008  # Alembic's own
    ) -> Any:  # noqa: ANN401  # Alembic's own
        def plain() -> Any:  # noqa: ANN401
            return super(OnlineImpl, self)._exec(construct, execution_options, multiparams, params)

        if self.collected is not None:
            self.collected.append(statement_text(construct, self.text_dialect))
            return None
        if not self.runner.tracking.in_revision or self.in_nested_call:
            beside = self._beside(construct)
            return self._send_together(construct, beside) if beside else plain()
        sql = "" if multiparams or params else statement_text(construct, self.text_dialect)
        self.runner.adopt_transaction()
        if self._exec_parts(sql, execution_options):
            return None
        with self.runner.track_statements(sql):
            # Parameters may be another time, or random.
            known_by = sql or str(construct)
            key = journal.statement_key(known_by)
            self.runner.journal.texts[key] = known_by
            if not session_statements.is_session_statement(sql) and self._is_done(sql, key):
                dispatch.note_already_done(self.runner, sql)
                return None
            in_batches = bool((execution_options or {}).get("batches"))
            text_only = bool(sql) and is_text_only(construct)
            self._execute_undone(sql, key, plain, in_batches=in_batches, text_only=text_only)
        return None

    def _beside(self, construct: Any) -> str:  # noqa: ANN401  # as _exec()
        """Return what goes with a statement of Alembic's that notes the step, "" for none."""
        own = self.runner.context._version  # noqa: SLF001  # it has no public name
        if self.runner.beside_version is None or getattr(construct, "table", None) is not own:
            return ""
        return self.runner.beside_version(self.runner.running.step)

    def _send_together(self, construct: Any, beside: str) -> Any:  # noqa: ANN401  # as _exec()
        """Send two statements in one message, since the revision's locks are held meanwhile.

        The result is that of the last one, whose rows Alembic counts.
        """
        assert self.connection is not None, "it is not offline"  # noqa: S101
        message = as_message([beside, statement_text(construct, self.text_dialect)])
        return self.connection.exec_driver_sql(message, execution_options={"no_parameters": True})

    def _execute_undone(
        self, sql: str, key: str, plain: Callable[[], Any], *, in_batches: bool, text_only: bool
    ) -> None:
        """Execute a statement that no earlier run has done.

        plain: executes it as it is. text_only: whether its text does the same.
        """
        runner = self.runner
        work = None
        waits = text_only and runner.can_wait(sql)
        runner.backfill_statements = dispatch.valid_backfills(runner.backfill_statements, sql)
        if sql and not runner.connection.in_nested_transaction():
            work = self._choose_strategy(sql, key, in_batches=in_batches, waits=waits)
        if work is None:
            if not waits:
                runner.send_queued()
                if runner.settings.online:
                    release_before_long.release_locks(runner, sql)
            self._run_once(
                sql, key, plain if not waits else partial(self._collect, sql), waits=waits
            )
        else:
            work.run(key)

    def _exec_parts(self, sql: str, execution_options: Mapping[str, Any] | None) -> bool:
        """Execute a text that ends a transaction, or drops indexes; return whether it is one."""
        parts = transaction_statements.split_at_boundaries(sql) or split.index_drops(sql)
        for part in parts:
            boundary = transaction_statements.boundary_of(part)
            if boundary is not None:
                self.runner.follow_boundary(boundary)
            else:
                self._exec(text(part.replace(":", "\\:")), execution_options)
        return bool(parts)

    def _collect(self, sql: str) -> None:
        assert self.collected is not None, "the statement waits"  # noqa: S101
        self.collected.append(sql)

    def _choose_strategy(
        self, sql: str, key: str, *, in_batches: bool, waits: bool
    ) -> Decision | None:
        """Return the strategy for a statement, None where it runs as it is.

        waits: whether it then goes to the server with those that follow.
        """
        runner = self.runner
        resumed = runner.journal.was_interrupted(key)
        if not (runner.settings.online or resumed or replace_constraint.waits_again(runner, sql)):
            return None
        choose = partial(dispatch.choose_strategy, runner, sql, in_batches=in_batches)
        if runner.queue.texts:
            statement = parser.parse(sql)
            if waits and statement is not None and runner.queue.creates_table(statement.table):
                return None
            before_steps.commit_what_makes_a_type(runner, sql)
            in_steps = before_steps.takes_steps(runner, choose, sql, waits=waits)
            if in_steps is False and waits:
                return None
            if in_steps and not before_steps.needs_open_transaction(runner, sql, key):
                # Their locks do not wait for what else its steps have to ask.
                runner.run_pending(replaced=False)
                runner.commit()
                runner.begin()
            elif not (in_steps and runner.queue.only_detaches()):
                # Else they go with the swap, which asks nothing more of them.
                runner.send_queued()
        # What an earlier run has begun stays where this one refuses to go on.
        with runner.leaving_work() if resumed else nullcontext():
            return choose()

    @property
    def bind(self) -> Connection | None:
        """The connection, for statements that go past the operations."""
        if self.runner.tracking.in_revision and not self.in_nested_call:
            # Without a transaction, the revision may choose an isolation level.
            self.runner.adopt_transaction(begin=False)
            self.runner.connection_handed_out = True
            with self.runner.track_statements():
                self.runner.run_pending()
                self.runner.send_queued()
        return self.connection


def is_text_only(construct: Any) -> bool:  # noqa: ANN401  # as _exec()
    """Return whether a statement's text is all of it.

    SQLAlchemy gives other statements values as they are executed: defaults of its own, and what no
    literal stands for, such as bytes or infinity.
    """
    if isinstance(construct, TextClause):
        return not construct._bindparams  # noqa: SLF001  # no public name
    return isinstance(construct, str | DDLElement)


def statement_text(construct: Any, dialect: Dialect) -> str:  # noqa: ANN401  # as _exec()
    """Return the text of a statement, "" when it has none of its own."""
    if isinstance(construct, str):
        construct = text(construct)
    if isinstance(construct, TextClause) and any(
        bind.required
        for bind in construct._bindparams.values()  # noqa: SLF001  # no public name
    ):
        return ""  # it would be written as NULL
    literal = not isinstance(construct, DDLElement)
    options = {"compile_kwargs": {"literal_binds": True}} if literal else {}
    try:
        return str(construct.compile(dialect=dialect, **options)).strip()
    except Exception:  # noqa: BLE001  # whatever it is, executing it raises it
        return ""
