"""What stands for the connection where statements are written, and not executed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

from alembic.ddl.postgresql import PostgresqlImpl
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.schema import ExecutableDDLElement

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_Impl = TypeVar("_Impl", bound=PostgresqlImpl)


class DatabaseNeededError(Exception):
    """A revision asks a database where there is none."""


class NoDatabaseConnection(MockConnection):
    """Takes the CREATE TYPE that SQLAlchemy sends before a table with an enum, and no question."""

    def execute(self, obj: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # its own
        """Hand a definition on. Raises AskedError for anything else."""
        if not isinstance(obj, ExecutableDDLElement):
            raise DatabaseNeededError("there is no database to ask")
        return super().execute(obj, *arguments, **options)


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
