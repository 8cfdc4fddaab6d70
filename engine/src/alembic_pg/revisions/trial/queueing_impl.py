"""Let the definitions of a text wait, so that many of them are sent in one message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.ddl.postgresql import PostgresqlImpl
from alembic.util import immutabledict
from sqlalchemy.schema import DDLElement

from alembic_pg.database.text_dialect import dialect_without_marks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alembic.runtime.migration import MigrationContext


class QueueingImpl(PostgresqlImpl):
    """What a MigrationContext has as its ``impl`` where texts are tried, as in a run.

    later: is given each definition, to send it before the next thing that is not one.
    """

    def __init__(self, context: MigrationContext, later: Callable[[str], None]) -> None:
        super().__init__(
            context.dialect,
            context.connection,
            as_sql=False,
            transactional_ddl=True,
            output_buffer=context.output_buffer,
            context_opts=context.opts,
        )
        self._later = later
        self._text_dialect = dialect_without_marks(context.dialect)

    def _exec(
        self,
        construct: Any,  # noqa: ANN401  # a string, or anything that SQLAlchemy compiles
        execution_options: Mapping[str, Any] | None = None,
        multiparams: Any = None,  # noqa: ANN401  # Alembic's own
        params: Any = immutabledict(),  # noqa: ANN401, B008  # Alembic's own
    ) -> Any:  # noqa: ANN401  # Alembic's own
        if isinstance(construct, DDLElement) and multiparams is None and not params:
            self._later(str(construct.compile(dialect=self._text_dialect)).strip())
            return None
        return super()._exec(construct, execution_options, multiparams, params)


def let_definitions_wait(context: MigrationContext, later: Callable[[str], None]) -> None:
    """Let a context's definitions wait. A project's own ``impl`` of PostgreSQL is left as it is."""
    if type(context.impl) is PostgresqlImpl:
        context.impl = QueueingImpl(context, later)
