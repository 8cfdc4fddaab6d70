"""--sql: the statements that a run would execute, written for psql instead."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic.ddl.postgresql import PostgresqlImpl
from sqlalchemy import text
from sqlalchemy.schema import DDLElement

from ddl import no_database
from ddl.database.url import DRIVER
from ddl.errors import UserError
from ddl.failures import NOT_WRITTEN, explained
from ddl.online import journal, session, settings
from ddl.online.script import Script
from ddl.steps import Running, watched

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alembic.runtime.migration import MigrationContext

    from ddl.online.settings import Settings
    from ddl.task import Run


def run(task: Run) -> None:
    """Write the command's SQL to the standard output; no database is needed.

    Raises UserError when a revision asks for a database.
    """
    if "plan" in task.environment.get_x_argument(as_dictionary=True):
        raise UserError("The plan asks the target: leave --sql or -x plan out.")
    running = Running()
    opts = task.environment.context_opts
    opts["fn"] = watched(opts["fn"], running)
    task.environment.configure(
        **{
            "url": f"{DRIVER}://",
            "literal_binds": True,
            # The driver's own style doubles every percent sign, and psql does not halve it again.
            "dialect_opts": {"paramstyle": "named"},
            "transaction_per_migration": True,
            **task.configure,
        }
    )
    context = task.environment.get_context()
    arguments = task.environment.get_x_argument(as_dictionary=True)
    # A stamp changes no table but Alembic's own.
    online = task.command != "stamp" and settings.online(arguments)
    kind: type[Verbatim] = Online if online else Verbatim
    impl = no_database.write(context, kind, context.output_buffer)
    if isinstance(impl, Online):
        impl.begin(context, running, settings.read(arguments))
    with (
        explained(task.environment.script, running, NOT_WRITTEN),
        task.environment.begin_transaction(),
    ):
        task.environment.run_migrations()


class Verbatim(PostgresqlImpl):
    """Writes each statement as it would be sent.

    Alembic's own turns tabs into spaces, in literals and function bodies too, and loses the
    semicolon in a comment that ends the statement.
    """

    def _exec(
        self,
        construct: Any,  # noqa: ANN401  # a string, or anything that SQLAlchemy compiles
        execution_options: Mapping[str, Any] | None = None,
        multiparams: Any = None,  # noqa: ANN401  # Alembic's own
        params: Any = None,  # noqa: ANN401  # Alembic's own
    ) -> None:
        if multiparams is not None or params:
            raise TypeError("SQL parameters not allowed with as_sql")
        if isinstance(construct, str):
            construct = text(construct)
        literal = not isinstance(construct, DDLElement)
        options = {"compile_kwargs": {"literal_binds": True}} if literal else {}
        statement = str(construct.compile(dialect=self.dialect, **options)).strip()
        self._say(statement, asked=bool((execution_options or {}).get("batches")))

    def _say(self, statement: str, *, asked: bool) -> None:
        """Write one statement of a revision. asked: whether it may run in batches."""
        del asked
        self._write(statement)

    def _write(self, statement: str) -> None:
        commented = "--" in statement.rpartition("\n")[2]
        self.static_output(statement + ("\n;" if commented else ";"))


class Online(Verbatim):
    """Writes each statement in its online form, as steps outside of a transaction."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # Alembic's own
        super().__init__(*arguments, **options)
        self.running: Running
        self.script: Script
        self.step: Any = None
        self.tied = self.block = self.fresh = False

    def begin(self, context: MigrationContext, running: Running, chosen: Settings) -> None:
        """Know the run. context: that of which this is the ``impl``."""
        self.running, self.script = running, Script(chosen, journal.table_of(context))
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

    def _say(self, statement: str, *, asked: bool) -> None:
        if self.step is not self.running.step:
            self.step, self.tied, self.fresh = self.running.step, False, True
        # What is there for one transaction only is lost after it.
        self.tied = self.tied or session.ties(statement) or session.local(statement)
        steps = self.script.steps(statement, asked=asked)
        if steps is None or self.tied:
            if steps is not None:
                statement = f"-- {_TIED}\n{statement}"
            elif self.fresh and not self.block:
                statement = self.script.first(statement)
            self._write(statement)
            self.fresh = False
            return
        if not self.block:
            self.emit_commit()
        for step in steps:
            self._write(step)
        if not self.block:
            self.emit_begin()
        self.fresh = True


_TIED = "As it stands: its revision has made what is there for one transaction or session only."
