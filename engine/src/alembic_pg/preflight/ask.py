"""Ask for each pending revision which rows of the target refuse it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import HeadMaintainer, MigrationContext
from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.database.connect import connect
from alembic_pg.database.errors import SqlState
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.database.session import Session
from alembic_pg.preflight.demand import Unasked
from alembic_pg.preflight.pending_rows import PendingRows
from alembic_pg.preflight.snapshot import read_snapshot
from alembic_pg.revisions import history_database, statements
from alembic_pg.revisions.current_revision import revision_label
from alembic_pg.sql import describe, plpgsql, session_statements, split, transaction_statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy.engine import Connection

    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.preflight.count import Counter
    from alembic_pg.preflight.demand import Demand, Finding
    from alembic_pg.preflight.snapshot import Snapshot

_WITH_ROWS = """
SELECT format('%I.%I', nspname, relname) AS name
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relkind = 'r' AND pg_relation_size(c.oid) > 0
  AND nspname !~ '^pg_' AND nspname <> 'information_schema'
  AND :version_table NOT IN (relname, format('%s.%s', nspname, relname))
"""

_FIND = "SELECT to_regclass(:name)::oid"

# They change no row and no column, whatever roles the scratch server lacks.
_HARMLESS = {
    *("GRANT", "REVOKE", "COMMENT", "REASSIGN", "SECURITY", "ANALYZE", "VACUUM", "LOCK"),
    *("SAVEPOINT", "RELEASE", "ROLLBACK"),
}

_NEW_TABLE = ("CREATE TABLE", "CREATE UNLOGGED TABLE")

_CONDITIONAL = "It may find the target otherwise than the empty copy, and do something else there."

# They write rows, which may refer to those of the target.
_WRITES = {"INSERT", "UPDATE", "WITH", "MERGE"}

# They change nothing but tables, their constraints and indexes.
_OF_TABLES = (
    *("ALTER TABLE", "CREATE TABLE", "CREATE UNLOGGED TABLE", "CREATE UNIQUE INDEX", "DROP INDEX"),
    *("UPDATE", "DELETE", "INSERT", "COPY"),
)

# They change no table that is there.
_OF_NO_TABLE = (
    *("CREATE INDEX", "CREATE VIEW", "CREATE OR REPLACE VIEW", "CREATE MATERIALIZED VIEW"),
    *("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", "CREATE PROCEDURE", "CREATE SEQUENCE"),
    *("CREATE SCHEMA", "CREATE EXTENSION", "CREATE POLICY", "ALTER POLICY", "DROP POLICY"),
    *("DROP VIEW", "DROP FUNCTION", "DROP TRIGGER", "CREATE STATISTICS", "CREATE ROLE"),
)

# The scratch database belongs to one role, whichever the revision takes on.
_OF_ROLES = (
    *("SET ROLE", "SET LOCAL ROLE", "SET SESSION ROLE", "SET SESSION AUTHORIZATION", "RESET ROLE"),
    *("RESET SESSION AUTHORIZATION", "SET LOCAL SESSION AUTHORIZATION"),
)


def find_refusing_rows(
    environment: EnvironmentContext,
    databases: ScratchServer,
    counter: Counter,
    heads: tuple[str, ...],
    steps: Iterable[Any],
) -> Iterator[tuple[str, list[Finding]]]:
    """Yield each pending revision with what the rows of the target say to it.

    heads: the revisions that the target is at. steps: Alembic's, of the pending ones.
    Raises UserError where the revisions up to the target's cannot be built.
    """
    name = history_database.create_at_revisions(databases, environment, heads)
    url = databases.database_url(name)
    with connect(url, source=SCRATCH_SOURCE, autocommit=True) as connection:
        scratch = Scratch(connection)
        scratch.empty(history_database.version_table_name(environment))
        pending = PendingRows(read_snapshot(scratch))
        for step in steps:
            if not pending.base.tables:  # nor a row
                yield step.revision.revision, []
                continue
            yield (
                step.revision.revision,
                list(_Revision(environment, databases, name, scratch, pending, counter).ask(step)),
            )
    databases.drop_in_background(name)


class Scratch(Session):
    """A scratch database without rows, in which pending statements are executed."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def empty(self, version_table: str) -> None:
        """Take away what revisions have inserted: the rows that count are the target's.

        version_table: Alembic's own, with its schema before a dot when it has one; it stays.
        """
        found = self.fetch_rows(_WITH_ROWS, version_table=version_table)
        if found:
            names = ", ".join(row.name for row in found)
            self.execute("SET session_replication_role = replica")  # no trigger of theirs fires
            self.execute(f"TRUNCATE {names} CASCADE")
            self.execute("RESET session_replication_role")

    def find_table(self, name: str) -> int:
        """Return the OID of a table, 0 where there is none."""
        return self.first_value(_FIND, name=name) or 0


class _Revision:
    """One pending revision."""

    def __init__(  # noqa: PLR0913, PLR0917  # both databases
        self,
        environment: EnvironmentContext,
        databases: ScratchServer,
        name: str,
        scratch: Scratch,
        pending: PendingRows,
        counter: Counter,
    ) -> None:
        self._environment, self._databases, self._name = environment, databases, name
        self._scratch, self._pending, self._counter = scratch, pending, counter

    def ask(self, step: Any) -> Iterator[Finding]:  # noqa: ANN401  # Alembic's
        """Yield what the rows say to each statement."""
        label = revision_label(step.revision)
        try:
            said = statements.function_statements(step.migration_fn)
        except statements.UnreadableError:
            url = self._databases.database_url(self._name)
            history_database.upgrade_database(self._environment, url, step.revision.revision)
            unread = self._pending.follow_unread(label, read_snapshot(self._scratch))
            yield from self._counter.find_all([(label, one) for one in unread])
            return
        asked = [
            (number, *one)
            for number, statement in enumerate(said)
            for text in split.statement_texts(statement.sql)
            for one in self._demands_of(text)
        ]
        self._stamp(step)
        self._scratch.execute("RESET ALL")
        counted = self._counter.find_all([(name, demand) for _, name, demand in asked])
        for (number, _, _), found in zip(asked, counted, strict=True):
            yield replace(found, number=number)

    def _demands_of(self, sql: str) -> Iterator[tuple[str, Demand | Unasked]]:
        """Yield what a statement demands, with its name, after it ran on the empty copy."""
        name = describe.statement_label(sql)
        cursor = split.first_statement(sql)
        if cursor.current_word in _HARMLESS or transaction_statements.boundary_of(sql):
            return
        if cursor.accept_any(*_OF_ROLES):
            return
        try:
            self._scratch.execute(_for_session(sql))
        except DBAPIError as error:
            if _lacks_role(error):
                return
            if not (_misses_row(error) and cursor.current_word in _WRITES):
                why = f"PostgreSQL refuses it on an empty copy: {errors.describe_error(error)}."
                yield name, Unasked("statement", name, why)
                return
        if said := plpgsql.conditional_change(cursor):
            yield name, Unasked("block", f"DO … {said}", _CONDITIONAL)
        for demand in self._pending.follow(sql, self._schema_after(sql), self._scratch.find_table):
            yield name, demand

    def _schema_after(self, sql: str) -> Snapshot:
        """Return the schema after a statement, which is read only where that may matter.

        What a new table is, is read with the next statement that may be about one that is there.
        """
        cursor = split.first_statement(sql)
        is_new = bool(cursor.accept_any(*_NEW_TABLE)) and not cursor.contains("PARTITION", "OF")
        changes_nothing = bool(cursor.accept_any(*_OF_NO_TABLE))
        if is_new or changes_nothing:
            self._pending.is_behind |= is_new
            return self._pending.now
        if not self._pending.is_behind and cursor.accept_any("UPDATE", "DELETE", "INSERT", "COPY"):
            return self._pending.now
        self._pending.is_behind = False
        of_tables = split.first_statement(sql).accept_any(*_OF_TABLES)
        return read_snapshot(self._scratch, self._pending.now if of_tables else None)

    def _stamp(self, step: Any) -> None:  # noqa: ANN401  # Alembic's
        """Let a revision after it that runs by itself find the database where it is."""
        options = history_database.version_table_options(self._environment)
        context = MigrationContext.configure(self._scratch.connection, opts=options)
        context._ensure_version_table()  # noqa: SLF001  # as Alembic's run does it
        HeadMaintainer(context, set(context.get_current_heads())).update_to_step(step)


def _lacks_role(error: DBAPIError) -> bool:
    """Return whether the scratch server lacks a role of the target, which is about no row."""
    text = errors.describe_error(error)
    return errors.sqlstate(error) == SqlState.UNDEFINED_OBJECT and text.startswith('role "')


def _misses_row(error: DBAPIError) -> bool:
    """Return whether a row refers to one that the empty copy lacks, which the target may have."""
    return errors.sqlstate(error) == SqlState.FOREIGN_KEY_VIOLATION


def _for_session(sql: str) -> str:
    """Return a statement for a session in which each is a transaction."""
    setting, _ = session_statements.as_session_setting(sql)
    return setting or sql
