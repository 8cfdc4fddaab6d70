"""Make the schema of Alembic's own table where it is missing, before the table is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text
from sqlalchemy.schema import DDL

from alembic_pg.sql.quoting import quote_literal, quote_name

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_EXISTS = text("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = :name)")


def make_with_table(context: MigrationContext) -> None:
    """Let the schema be made in the transaction that makes the table.

    It is asked for first, also by a script: who may not create schemas may still use one.
    """
    name = context.version_table_schema
    if name is None:
        return

    def make(_: object, connection: Any, **__: object) -> None:  # noqa: ANN401  # SQLAlchemy's
        if context.as_sql:
            connection.execute(DDL(_script(name).replace("%", "%%")))
        elif not connection.scalar(_EXISTS, {"name": name}):
            connection.execute(DDL(_create(name).replace("%", "%%")))

    event.listen(context._version, "before_create", make)  # noqa: SLF001  # Alembic's own table


def _create(name: str) -> str:
    return f"CREATE SCHEMA {quote_name(name)}"


def _script(name: str) -> str:
    return (
        f"DO $$BEGIN IF to_regnamespace({quote_literal(quote_name(name))}) IS NULL "
        f"THEN {_create(name)}; END IF; END$$"
    )
