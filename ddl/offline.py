"""--sql: the statements that a run would execute, written for psql instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.ddl.postgresql import PostgresqlImpl
from sqlalchemy import text
from sqlalchemy.schema import DDLElement

from ddl.database.url import DRIVER
from ddl.errors import UserError
from ddl.failures import NOT_WRITTEN, explained
from ddl.online import settings
from ddl.online.script import Script
from ddl.steps import Running, watched

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    online = settings.online(task.environment.get_x_argument(as_dictionary=True))
    context.impl = (Online if online else Verbatim)(
        context.dialect,
        None,
        as_sql=True,
        transactional_ddl=True,
        output_buffer=context.output_buffer,
        context_opts=context.opts,
    )
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
    """Writes each statement in its online form, in transactions of its own."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # Alembic's own
        super().__init__(*arguments, **options)
        self.script = Script()

    def _say(self, statement: str, *, asked: bool) -> None:
        steps = self.script.steps(statement, asked=asked)
        if steps is None:
            self._write(statement)
            return
        self.emit_commit()
        for step in steps:
            # What cannot be in a transaction is alone.
            alone = not step[0]
            if not alone:
                self.emit_begin()
            for line in filter(None, step):
                self._write(line)
            if not alone:
                self.emit_commit()
        self.emit_begin()
