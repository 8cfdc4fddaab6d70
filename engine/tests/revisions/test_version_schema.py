"""The schema of Alembic's own table is made with the table, by a run and by a script."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext
from alembic_pg.database.connect import connect
from alembic_pg.revisions import version_schema

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection

OPTIONS = {"version_table": "versions", "version_table_schema": "50% own"}

# A role that may use schemas, and make none.
ROLE = """
REVOKE CREATE ON DATABASE "{database}" FROM PUBLIC;
CREATE SCHEMA "50% own";
GRANT ALL ON SCHEMA "50% own" TO pg_monitor;
SET ROLE pg_monitor
"""

FOUND = "SELECT to_regclass('\"50% own\".versions') IS NOT NULL"


def exists(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql(FOUND.replace("%", "%%")).scalar())


def script() -> str:
    """Return what a script says before its first revision."""
    written = io.StringIO()
    options = {**OPTIONS, "as_sql": True, "output_buffer": written}
    context = MigrationContext.configure(
        dialect_name="postgresql", opts=options, dialect_opts={"paramstyle": "named"}
    )
    version_schema.make_with_table(context)
    context._version.create(context.connection)  # type: ignore[arg-type]  # noqa: SLF001  # as run_migrations() does
    return written.getvalue()


def ensure(connection: Connection) -> None:
    context = MigrationContext.configure(connection, opts=OPTIONS)
    version_schema.make_with_table(context)
    context._ensure_version_table()  # noqa: SLF001  # as run_migrations() does


def test_a_run_makes_it(empty: URL) -> None:
    with connect(empty, source="the tests") as connection:
        ensure(connection)
        assert exists(connection)
        ensure(connection)


def test_a_script_makes_it(empty: URL) -> None:
    with connect(empty, source="the tests") as connection:
        connection.exec_driver_sql(script().replace("%", "%%"))
        assert exists(connection)


def test_who_may_make_none_uses_what_is_there(empty: URL) -> None:
    role = ROLE.format(database=empty.database).replace("%", "%%")
    for way in (ensure, lambda connection: connection.exec_driver_sql(script().replace("%", "%%"))):
        with connect(empty, source="the tests") as connection:
            connection.exec_driver_sql(role)
            way(connection)
            assert exists(connection)
            connection.rollback()
