"""Refuse a run that cannot work: on a replica, read-only, without a privilege, through a pooler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.errors import UserError
from alembic_pg.refusals import of_targets

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_SESSION_STATE = text("""
SELECT pg_is_in_recovery() AS recovering, current_user AS role, current_database() AS database,
  current_setting('transaction_read_only')::bool AS read_only,
  coalesce(CAST(:schema AS text), current_schema()) AS schema,
  missing, CASE WHEN missing THEN has_database_privilege(current_database(), 'CREATE')
    ELSE has_schema_privilege(coalesce(CAST(:schema AS text), current_schema()), 'CREATE')
  END AS creates,
  current_setting('search_path') AS path
FROM (SELECT CAST(:schema AS text) IS NOT NULL AND NOT EXISTS (
  SELECT FROM pg_namespace WHERE nspname = CAST(:schema AS text)) AS missing) AS found
""")

_NOT_OWNER = text("""
SELECT current_user FROM pg_class WHERE oid = to_regclass(:table)
  AND NOT pg_has_role(relowner, 'USAGE')
""")

# What a role may not USE, its search_path leaves out without a word.
_HIDDEN_SCHEMA = text("""
SELECT nspname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relname = :table AND relkind IN ('r', 'p') AND NOT has_schema_privilege(n.oid, 'USAGE')
  AND nspname IN (
    SELECT replace(trim(BOTH ' "' FROM name), '$user', current_user)
    FROM unnest(string_to_array(current_setting('search_path'), ',')) AS name)
""")

_ROLE = text("SELECT current_user")

_PID = text("SELECT pg_backend_pid()")


def require_writable(connection: Connection, schema: str | None, *, first: bool) -> None:
    """Raise UserError when revisions cannot run on a connection, which is in a transaction.

    schema: that of Alembic's own table, where it is not the first one of the search_path; it is
    made with the table where it is missing. first: whether that table is still to be made.
    """
    about = connection.execute(_SESSION_STATE, {"schema": schema}).one()
    if about.recovering:
        raise UserError(of_targets.REPLICA().text)
    if about.read_only:
        raise UserError(of_targets.READ_ONLY(about.database, role=about.role).text)
    if not first:
        return
    if about.schema is None:
        raise UserError(of_targets.NO_SCHEMA(about.path, role=about.role).text)
    if about.missing and not about.creates:
        missing = of_targets.MAY_NOT_CREATE_OWN_SCHEMA
        raise UserError(missing(about.schema, role=about.role, database=about.database).text)
    if not about.creates:
        raise UserError(of_targets.MAY_NOT_CREATE(about.schema, role=about.role).text)


def require_version_table_visible(connection: Connection, table: str) -> None:
    """Raise UserError when Alembic's own table is there, in a schema that the role may not use.

    table: its name, without a schema; none is to be seen.
    """
    schema = connection.scalar(_HIDDEN_SCHEMA, {"table": table})
    if schema is not None:
        role = connection.scalar(_ROLE)
        raise UserError(of_targets.HIDDEN_SCHEMA(schema, role=str(role), table=table).text)


def require_one_session(connection: Connection) -> None:
    """Raise UserError when a pooler gives each transaction another session of the server.

    connection: without a transaction, and given back without one.
    Such a pooler answers with a process number of its own (PgBouncer's cancel keys), and lets a
    second connection have the session of this one, between two transactions.
    """
    raw = connection.connection.dbapi_connection
    with connection.begin():
        number = connection.scalar(_PID)
    if raw is None or raw.info.backend_pid == number:
        return
    with connection.engine.connect() as other, other.begin():
        second = other.scalar(_PID)
        with connection.begin():
            third = connection.scalar(_PID)
    if second == number or third != number:
        raise UserError(of_targets.POOLER().text)


def no_journal_reason(connection: Connection, table: str) -> str:
    """Return why a run cannot note how far a revision came, "" when it can.

    connection: without a transaction, as before. table: Alembic's own; only its owner comments it.
    """
    with connection.begin():
        role = connection.scalar(_NOT_OWNER, {"table": table})
    return f"cannot note its steps ({role} does not own {table})" if role else ""
