"""Find what differs between the target and what the revisions build up to its own revision."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.database import errors, run_lock, target
from alembic_pg.database.errors import SqlState
from alembic_pg.database.project_files import DRIFT_IGNORE_FILE
from alembic_pg.database.target import EMBEDDED_SOURCE
from alembic_pg.drift import by_state, changed_at, ignore
from alembic_pg.drift.build import build_and_compare
from alembic_pg.drift.drift import Drift
from alembic_pg.errors import UserError
from alembic_pg.ledger.ledger import FORM, ledger_path, read_ledger
from alembic_pg.ledger.stamp import read_stamp
from alembic_pg.online.recovery import declared_not_valid
from alembic_pg.online.run import journal
from alembic_pg.revisions import history_database
from alembic_pg.revisions.current_revision import revision_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.ledger.ledger import Ledger
    from alembic_pg.ledger.stamp import Stamp

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

_UNKNOWN = (
    "The database is at revision {revision}, which this tree does not have: compare with the tree "
    "of the release or branch that upgraded it."
)


def find_drift(task: AlembicCommand, connection: Connection, at: str = "") -> Drift:
    """Return what differs; the database is only read.

    connection: to the target, as a role that may read its catalog and lock its tables in ACCESS
    SHARE mode. at: a revision to compare with in place of the database's own.
    Raises UserError where nothing can be compared: another run is at work, the database has no
    revision, or one that this tree does not have.
    """
    environment, script = task.environment, task.environment.script
    options = history_database.version_table_options(environment)
    context = MigrationContext.configure(connection, opts={**options, "script": script})
    run_lock.refuse_beside_run(connection)
    table = journal.version_table_name(context)
    stamp = read_stamp(connection, table)
    heads = _named_heads(script, at) if at else _read_heads(context)
    unknown = _unknown_head(script, heads)
    if unknown and (stamp is None or (stamp.revision,) != heads or stamp.form != FORM):
        raise UserError(_UNKNOWN.format(revision=unknown))
    note = None if at else journal.read_note(connection, table)
    unfinished = tuple(
        declared_not_valid.unfinished_lines(
            connection, table, reversed(list(script.walk_revisions()))
        )
    )
    role, version = connection.execute(_SESSION).one()
    connection.rollback()
    found = _dump_target(connection, history_database.version_table_name(environment))
    rules = ignore.read_rules(ignore_file(task))
    ledger = _read_ledger(script)
    drift = Drift(
        database=str(connection.engine.url.database),
        host=target.describe_server(connection, "" if task.names_target else EMBEDDED_SOURCE),
        role=role,
        revisions=tuple(heads),
        at=unknown or " and ".join(revision_label(script.get_revision(head)) for head in heads),
        pending=0 if unknown else _count_pending(script, heads),
        differences=(),
        unfinished=unfinished,
        compared="state",
        remarks=tuple(_remarks(heads, ledger, stamp, unknown)),
    )
    state = stamp.state if unknown and stamp else ledger.state_after(heads) if ledger else ""
    ignored = None if note else by_state.ignored_beside_state(found, state, rules)
    if ignored is not None:
        return replace(drift, ignored=tuple(ignored))
    if unknown:
        raise UserError(
            f"Somebody has changed the database since a run led to {unknown}; what, is told by the "
            "tree of the release or branch that has this revision."
        )
    differences = build_and_compare(task, connection, heads, found, note, version)
    told, left_out = ignore.split_ignored(differences, rules)
    with connection.begin():
        times = tuple(changed_at.times_of_change(connection, told))
    return replace(
        drift,
        differences=tuple(told),
        ignored=tuple(left_out),
        changed_at=times,
        compared="built",
    )


def _remarks(
    heads: tuple[str, ...], ledger: Ledger | None, stamp: Stamp | None, unknown: str
) -> Iterator[str]:
    """Yield what the stamp of the last run says beside what differs."""
    if unknown:
        yield (
            f"This tree does not have revision {unknown}; the database was compared with what the "
            "run left that led there."
        )
    elif stamp is not None and (stamp.revision,) == heads and ledger is not None:
        state = ledger.state_after(heads)
        if (stamp.major, stamp.form) == (ledger.major, ledger.form) and state not in {
            "",
            stamp.state,
        }:
            yield (
                f"Revision {stamp.revision}, or one before it, was edited since it ran here: "
                "alembic-pg ledger --verify BASE tells which."
            )


def _read_ledger(script: ScriptDirectory) -> Ledger | None:
    """Return the ledger, None where there is none that serves: then all is built."""
    with suppress(UserError):
        ledger = read_ledger(ledger_path(script))
        if ledger is not None and ledger.form == FORM:
            return ledger
    return None


def _count_pending(script: ScriptDirectory, heads: tuple[str, ...]) -> int:
    # Alembic's upgrade hands several over, too.
    return len(list(script._upgrade_revs("heads", heads)))  # type: ignore[arg-type]  # noqa: SLF001


def _named_heads(script: ScriptDirectory, name: str) -> tuple[str, ...]:
    """Return the revision that a person named. Raises UserError where there is none."""
    try:
        return tuple(one.revision for one in script.get_revisions(name))
    except CommandError as error:
        raise UserError(f"{str(error).rstrip('.')}.") from error


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


def _unknown_head(script: ScriptDirectory, heads: Sequence[str]) -> str:
    """Return the revision of a database that this tree does not have, "" where it has all.

    Raises UserError for a database without a revision.
    """
    if not heads:
        raise UserError(
            "The database has no revision in its alembic_version: alembic upgrade head builds an "
            "empty one, and tells which revision another one equals; alembic-pg drift --at "
            "REVISION compares with any."
        )
    for head in heads:
        try:
            script.get_revision(head)
        except CommandError:
            return head
    return ""


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
