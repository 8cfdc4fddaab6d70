"""What stands for the connection where statements are written, and not executed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.schema import ExecutableDDLElement

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


class AskedError(Exception):
    """A revision asks a database where there is none."""


class NoDatabase(MockConnection):
    """Takes the CREATE TYPE that SQLAlchemy sends before a table with an enum, and no question."""

    def execute(self, obj: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # its own
        """Hand a definition on. Raises AskedError for anything else."""
        if not isinstance(obj, ExecutableDDLElement):
            raise AskedError("there is no database to ask")
        return super().execute(obj, *arguments, **options)


def of(context: MigrationContext) -> Any:  # noqa: ANN401  # Alembic wants a Connection
    """Return the connection of a context that writes; its ``impl`` gets what is sent."""
    return NoDatabase(
        context.dialect,
        lambda construct, *_: context.impl._exec(construct),  # noqa: SLF001  # as Alembic does it
    )
