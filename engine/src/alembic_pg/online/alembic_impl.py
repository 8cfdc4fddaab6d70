"""Alembic's way to the database, on which every statement of a revision takes its online form.

All operations, and op.execute(), end in one method of Alembic's implementation of PostgreSQL. So
this one belongs to one run; nothing is registered that would meet somebody else's operations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.ddl.postgresql import PostgresqlImpl
from alembic.util import immutabledict
from sqlalchemy import TextClause, create_engine, text
from sqlalchemy.schema import CreateTable, DDLElement, DropTable

from alembic_pg.database.url import DRIVER
from alembic_pg.online import dispatch, release_before_long
from alembic_pg.online.run import journal
from alembic_pg.sql import session_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.schema import Table

    from alembic_pg.online.run.revision_runner import Runner


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
        self.verbatim = create_engine(f"{DRIVER}://", paramstyle="named").dialect
        self.nested = False

    def create_table(self, table: Table, **kw: Any) -> None:  # noqa: ANN401  # Alembic's own
        """Create a table, and what belongs to it, as one statement."""
        statement = str(CreateTable(table).compile(dialect=self.verbatim))
        self._whole(statement, lambda: super(OnlineImpl, self).create_table(table, **kw))

    def drop_table(self, table: Table, **kw: Any) -> None:  # noqa: ANN401  # Alembic's own
        """Drop a table, and what SQLAlchemy drops with it, as one statement."""
        statement = str(DropTable(table).compile(dialect=self.verbatim))
        self._whole(statement, lambda: super(OnlineImpl, self).drop_table(table, **kw))

    def _whole(self, statement: str, work: Callable[[], None]) -> None:
        if not self.runner.active:
            work()
            return
        with self.runner.own():
            self._plain(statement, journal.statement_key(statement), work)

    def _plain(self, sql: str, key: str, work: Callable[[], None]) -> None:
        """Do what one statement of the revision says, unless it is done."""
        runner = self.runner
        always = session_statements.is_session_statement(sql)
        if not always and runner.journal.passed(key):
            return
        runner.settle()
        runner.cut(key)
        runner.wait_aside(sql)
        outer, self.nested = self.nested, True
        try:
            work()
        finally:
            self.nested = outer
        if session_statements.is_transaction_setting(sql) and not runner.block:
            runner.locals.append(sql)
        if session_statements.binds_to_session(sql):
            runner.whole = "has made what is there for one transaction or session only"
        if always:
            return
        runner.journal.pending.append(key)
        runner.said.append(sql)
        if runner.block:
            runner.journal.save(runner.connection)

    def _exec(
        self,
        construct: Any,  # noqa: ANN401  # a string, or anything that SQLAlchemy compiles
        execution_options: Mapping[str, Any] | None = None,
        multiparams: Any = None,  # noqa: ANN401  # Alembic's own
        params: Any = immutabledict(),  # noqa: ANN401, B008  # Alembic's own
    ) -> Any:  # noqa: ANN401  # Alembic's own
        def plain() -> Any:  # noqa: ANN401
            return super(OnlineImpl, self)._exec(construct, execution_options, multiparams, params)

        if not self.runner.active or self.nested:
            return plain()
        with self.runner.own():
            sql = "" if multiparams or params else statement_text(construct, self.verbatim)
            # Parameters may be another time, or random.
            key = journal.statement_key(sql or str(construct))
            if not session_statements.is_session_statement(sql) and self.runner.journal.passed(key):
                dispatch.note_already_done(self.runner, sql)
                return None
            work = None
            self.runner.fills = dispatch.valid_backfills(self.runner.fills, sql)
            if sql and not self.runner.connection.in_nested_transaction():
                asked = bool((execution_options or {}).get("batches"))
                work = dispatch.choose_strategy(self.runner, sql, asked=asked)
            if work is None:
                release_before_long.release_locks(self.runner, sql)
                self._plain(sql, key, plain)
            else:
                work(key)
        return None

    @property
    def bind(self) -> Connection | None:
        """The connection, for statements that go past the operations."""
        if self.runner.active and not self.nested:
            self.runner.handed = True
            with self.runner.own():
                self.runner.settle()
        return self.connection


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
