"""Write a revision's statements as text, without a database.

RenderImpl is the ``impl`` of a MigrationContext then, and NoDatabaseConnection its connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

from alembic.ddl.postgresql import PostgresqlImpl
from sqlalchemy import text
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.schema import DDLElement, ExecutableDDLElement

from alembic_pg.errors import UserError
from alembic_pg.sql import split
from alembic_pg.sql.lexer import short_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic.runtime.migration import MigrationContext

_Impl = TypeVar("_Impl", bound=PostgresqlImpl)


class DatabaseNeededError(AttributeError):
    """A revision needs a database where there is none; the text says for what.

    It is an AttributeError for hasattr(), by which libraries ask what a connection can.
    """


class NoDatabaseConnection(MockConnection):
    """Takes the CREATE TYPE that SQLAlchemy sends before a table with an enum, and no question."""

    def execute(self, obj: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # its own
        """Hand a definition on. Raises DatabaseNeededError for anything else."""
        if not isinstance(obj, ExecutableDDLElement):
            raise DatabaseNeededError(f"op.get_bind().execute({short_line(str(obj))})")
        return super().execute(obj, *arguments, **options)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever a connection has
        """Raise DatabaseNeededError for what a real connection may have."""
        raise DatabaseNeededError(f"op.get_bind().{name}")


def install_writing_impl(
    context: MigrationContext, kind: type[_Impl], buffer: TextIO | None
) -> _Impl:
    """Let a context's statements be written by an ``impl`` of a kind, to a buffer; return it."""

    def execute(construct: Any, *_: Any) -> None:  # noqa: ANN401  # SQLAlchemy's own
        impl._exec(construct)  # noqa: SLF001  # as Alembic's own does it

    impl = kind(
        context.dialect,
        cast("Any", NoDatabaseConnection(context.dialect, execute)),  # Alembic wants a Connection
        as_sql=True,
        transactional_ddl=True,
        output_buffer=buffer,
        context_opts=context.opts,
    )
    context.impl = impl
    return impl


class RenderImpl(PostgresqlImpl):
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
        in_batches = bool((execution_options or {}).get("batches"))
        for one in split.index_drops(statement) or [statement]:
            self._render(one, in_batches=in_batches)

    def static_output(self, text: str) -> None:
        """Write a text. Raises UserError where the output cannot be written."""
        try:
            super().static_output(text)
        except BrokenPipeError:
            raise  # nobody reads what is written
        except OSError as error:
            raise UserError(f"The output cannot be written ({error.strerror}).") from error

    def write_guard(self, text: str) -> None:
        """Write what is to come before all that a revision does."""
        self.static_output(text)

    def end_revision(self) -> None:
        """Write what is to come after all that a revision does, in its last transaction."""

    def _render(self, statement: str, *, in_batches: bool) -> None:
        """Write one statement of a revision. asked: whether it may run in batches."""
        del in_batches
        self._write(statement)

    def _write(self, statement: str) -> None:
        commented = "--" in statement.rpartition("\n")[2]
        self.static_output(statement + ("\n;" if commented else ";"))
