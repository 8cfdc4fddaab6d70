"""Find what differs between the target and what the revisions build up to its own revision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.scope import filters
from alembic_pg.autogenerate.scope.models import Models
from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.autogenerate.sides.revisions import schema_of_revisions
from alembic_pg.database import errors, run_lock, server_features, target
from alembic_pg.database.errors import SqlState
from alembic_pg.database.project_files import DRIFT_IGNORE_FILE
from alembic_pg.database.scratch import scratch_server
from alembic_pg.database.target import EMBEDDED_SOURCE
from alembic_pg.drift import changed_at, difference, ignore
from alembic_pg.drift.drift import Drift
from alembic_pg.errors import UserError
from alembic_pg.online.recovery import declared_not_valid
from alembic_pg.online.run import journal
from alembic_pg.online.run.helper_names import HELPER_MARK
from alembic_pg.revisions import history_database
from alembic_pg.revisions.current_revision import revision_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer

# Milliseconds that pg_dump waits for the weakest lock of a table, and the application behind it.
LOCK_TIMEOUT = 2000

_SESSION = text(
    "SELECT current_user AS role, current_setting('server_version_num')::int AS version"
)

_LOCKED = text("""
SELECT relation::regclass::text AS name, pid FROM pg_locks
WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND relation >= 16384
""")


def find_drift(task: AlembicCommand, connection: Connection) -> Drift:
    """Return what differs; the database is only read.

    connection: to the target, as a role that may read its catalog and lock its tables in ACCESS
    SHARE mode.
    Raises UserError where nothing can be compared: another run is at work, the database has no
    revision, or one that this tree does not have.
    """
    environment, script = task.environment, task.environment.script
    options = history_database.version_table_options(environment)
    context = MigrationContext.configure(connection, opts={**options, "script": script})
    run_lock.refuse_beside_run(connection)
    heads = _read_heads(context)
    _require_known(script, heads)
    table = journal.version_table_name(context)
    note = journal.read_note(connection, table)
    unfinished = tuple(
        declared_not_valid.unfinished_lines(
            connection, table, reversed(list(script.walk_revisions()))
        )
    )
    role, version = connection.execute(_SESSION).one()
    connection.rollback()
    version_table = history_database.version_table_name(environment)
    found = _dump_target(connection, version_table)
    with scratch_server(task.root) as databases:
        if server_features.major_of(databases.version) != server_features.major_of(version):
            found = _dump_of_copy(connection, databases, version_table, version)
        expected = _dump_at(task, databases, heads)
        meant = {} if note is None else _dump_at(task, databases, _heads_after(script, heads, note))
    scope = _scope(task, expected, found)
    expected, found = scope.filter_dump(expected), scope.filter_dump(found)
    differences = difference.list_differences(expected, found)
    if note is not None:
        # What is as it is when the revision is done, that revision has made.
        others = difference.list_differences(scope.filter_dump(meant), found)
        still = {one.label for one in others}
        differences = [
            one for one in differences if one.label in still and HELPER_MARK not in one.name
        ]
    told, ignored = ignore.split_ignored(differences, ignore.read_rules(ignore_file(task)))
    with connection.begin():
        times = tuple(changed_at.times_of_change(connection, told))
    pending = script._upgrade_revs("heads", heads)  # type: ignore[arg-type]  # noqa: SLF001  # Alembic's upgrade hands several over, too
    return Drift(
        database=str(connection.engine.url.database),
        host=target.describe_server(connection, "" if task.names_target else EMBEDDED_SOURCE),
        role=role,
        revisions=tuple(heads),
        at=" and ".join(revision_label(script.get_revision(head)) for head in heads),
        pending=len(list(pending)),
        differences=tuple(told),
        ignored=tuple(ignored),
        unfinished=unfinished,
        changed_at=times,
    )


def _read_heads(context: MigrationContext) -> tuple[str, ...]:
    try:
        return context.get_current_heads()
    except DBAPIError as error:
        if errors.sqlstate(error) != SqlState.INSUFFICIENT_PRIVILEGE:
            raise
        table = journal.version_table_name(context)
        raise UserError(
            f"The role may not read where the database is ({errors.describe_error(error)}): "
            f"GRANT SELECT ON {table} TO it."
        ) from error


def ignore_file(task: AlembicCommand) -> Path:
    """Return the file that says what is not to be told, which need not exist."""
    return Path(task.environment.script.dir) / DRIFT_IGNORE_FILE


def _require_known(script: ScriptDirectory, heads: Sequence[str]) -> None:
    if not heads:
        raise UserError(
            "The database has no revision in its alembic_version: alembic upgrade head builds an "
            "empty one, and tells which revision another one equals."
        )
    for head in heads:
        try:
            script.get_revision(head)
        except CommandError as error:
            raise UserError(
                f"The database is at revision {head}, which this tree does not have: compare with "
                "the tree of the release or branch that upgraded it."
            ) from error


def _dump_target(connection: Connection, version_table: str) -> Dump:
    try:
        return pg_dump.dump_database(
            connection.engine.url, version_table=version_table, lock_timeout=LOCK_TIMEOUT
        )
    except UserError as error:
        if "IN ACCESS SHARE MODE" not in str(error) or "permission" in str(error):
            raise
        with connection.begin():
            held = connection.execute(_LOCKED).first()
        what = f"{held.name} (process {held.pid})" if held else "a table"
        raise UserError(
            f"Somebody keeps {what} locked for longer than {LOCK_TIMEOUT / 1000:.0f} s, so that "
            "it cannot be read: run the same command later."
        ) from error


def _dump_at(task: AlembicCommand, databases: ScratchServer, heads: tuple[str, ...]) -> Dump:
    """Return the dump of what the revisions build up to some of them."""
    environment = task.environment
    if set(heads) == set(environment.script.get_heads()):
        return schema_of_revisions(task.root, environment, databases).dump
    name = history_database.create_at_revisions(databases, environment, heads)
    table = history_database.version_table_name(environment)
    dump = pg_dump.dump_database(databases.database_url(name), version_table=table)
    databases.drop_in_background(name)
    return dump


def _dump_of_copy(
    connection: Connection, databases: ScratchServer, version_table: str, version: int
) -> Dump:
    """Return the dump of a copy of the target on the scratch server, which prints as it does."""
    name = databases.create()
    copy = databases.database_url(name)
    try:
        pg_dump.copy_schema(connection.engine.url, copy)
    except UserError as error:
        major, own = server_features.major_of(version), server_features.major_of(databases.version)
        raise UserError(
            f"The target runs PostgreSQL {major}, the scratch server {own}, which cannot build "
            f"the target's schema: {error} Name a server of version {major} in "
            "SHADOW_DATABASE_URL."
        ) from error
    dump = pg_dump.dump_database(copy, version_table=version_table)
    databases.drop_in_background(name)
    return dump


def _scope(task: AlembicCommand, expected: Dump, found: Dump) -> filters.Scope:
    """Return what counts of the dumps: all but what env.py's filters leave out."""
    options = {
        name: value
        for name in ("include_object", "include_name")
        if (value := task.configure.get(name)) is not None
    }
    models = load_models(task.metadata, task.entities) if options else Models((), ())
    return filters.comparison_scope(found, expected, models, options)


def _heads_after(
    script: ScriptDirectory, heads: tuple[str, ...], note: journal.ProgressNote
) -> tuple[str, ...]:
    """Return where a database is when what is half done is done."""
    revision = script.get_revision(note.revision)
    down = revision.down_revision or ()
    before = {down} if isinstance(down, str) else set(down)
    if note.direction == "downgrade":
        return tuple(sorted(set(heads) - {note.revision} | before))
    return tuple(sorted(set(heads) - before | {note.revision}))
