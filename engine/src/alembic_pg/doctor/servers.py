"""Look at the server of scratch databases, and at the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from alembic_pg.alembic_command import project_folder
from alembic_pg.console import excepthook
from alembic_pg.database import target
from alembic_pg.database.scratch import scratch_server
from alembic_pg.database.target import EMBEDDED_SOURCE
from alembic_pg.doctor.check import Check
from alembic_pg.revisions import history_database

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand

_SERVER = text("""
SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS replica,
  current_user AS role, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super
""")


def look_at_scratch(config: Config) -> Check:
    """Return the check of the server of scratch databases, which an embedded one is started for."""
    topic, name = "servers", "scratch databases"
    try:
        with scratch_server(project_folder(config)) as databases:
            row = databases.connection.execute(_SERVER).one()
            where = target.describe_server(databases.connection, "")
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what this command tells
        return Check(topic, name, "none", excepthook.failure_message(error))
    return Check(topic, name, f"PostgreSQL {row.version} on {where} as {row.role}")


def look_at_target(task: AlembicCommand, connection: Connection) -> list[Check]:
    """Return the checks of the target, on a connection that env.py's wiring has made."""
    row = connection.execute(_SERVER).one()
    connection.rollback()
    known = "" if task.names_target else EMBEDDED_SOURCE
    where = f"{connection.engine.url.database} on {target.describe_server(connection, known)}"
    notes = [f"as {row.role}", *(["a superuser"] if row.super else [])]
    standby = "a standby, which cannot be upgraded: name its primary" if row.replica else ""
    server = Check("servers", "target", f"{where}, PostgreSQL {row.version}, {', '.join(notes)}")
    environment, script = task.environment, task.environment.script
    options = history_database.version_table_options(environment)
    context = MigrationContext.configure(connection, opts={**options, "script": script})
    heads = context.get_current_heads()
    pending = len(list(script._upgrade_revs("heads", heads)))  # type: ignore[arg-type]  # noqa: SLF001  # as Alembic's upgrade asks it
    at = " and ".join(heads) or "no revision"
    state = f"{at}, {pending} pending" if pending else f"{at} (head)"
    return [
        Check(server.topic, server.name, server.found, standby),
        Check("servers", "target is at", state),
    ]
