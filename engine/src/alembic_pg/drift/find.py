"""Find what differs between the target and what the revisions build up to its own revision."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alembic_pg import history_start
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.database import errors, run_lock, target
from alembic_pg.database.errors import SqlState
from alembic_pg.database.target import EMBEDDED_SOURCE
from alembic_pg.drift import by_state, changed_at, ignore, rights, sentences
from alembic_pg.drift.build import There, build_and_compare
from alembic_pg.drift.difference import list_differences
from alembic_pg.drift.drift import Drift
from alembic_pg.drift.locked_tables import LOCK_TIMEOUT, locked_table_told
from alembic_pg.drift.not_compared import not_compared
from alembic_pg.errors import UserError
from alembic_pg.ledger.history import History
from alembic_pg.ledger.ledger import FORM, ledger_path, read_ledger
from alembic_pg.ledger.moved import find_moved
from alembic_pg.ledger.parts import parts_after
from alembic_pg.ledger.read_parts import read_parts, read_rights
from alembic_pg.ledger.stamp import read_stamp
from alembic_pg.ledger.state import state_of_dump
from alembic_pg.online.recovery import declared_not_valid
from alembic_pg.online.run import journal
from alembic_pg.revisions import history_database
from alembic_pg.revisions.current_revision import revision_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.drift.difference import Difference
    from alembic_pg.ledger.ledger import Ledger
    from alembic_pg.ledger.read_parts import Rights
    from alembic_pg.ledger.stamp import Stamp
    from alembic_pg.online.run.journal import ProgressNote

_SESSION = text(
    "SELECT current_user AS role, current_setting('server_version_num')::int AS version"
)


@dataclass(frozen=True)
class Target:
    """What the target says of itself.

    heads: its revisions, or the one that a person named. unknown: the one of them that this tree
    does not have, "" where it has all. stamp: what the last run has left. note: of a half-done
    revision. version: the server's, as server_version_num has it. role: who looks.
    unfinished: a line for each thing that an online run has left.
    """

    heads: tuple[str, ...]
    unknown: str
    stamp: Stamp | None
    note: ProgressNote | None
    version: int
    role: str
    unfinished: tuple[str, ...]


def find_drift(task: AlembicCommand, connection: Connection, at: str = "") -> Drift:
    """Return what differs; the database is only read.

    connection: to the target, as a role that may read its catalog and lock its tables in ACCESS
    SHARE mode. at: a revision to compare with in place of the database's own.
    Raises UserError where nothing can be compared: another run is at work, the database is empty,
    or at a revision of which neither this tree nor a run says what it builds.
    """
    run_lock.refuse_beside_run(connection)
    there = read_target(task, connection, at)
    connection.rollback()
    drift = _without_differences(task, connection, there)
    if not there.heads:
        return _compare_with_nearest(task, connection, drift)
    if there.unknown:
        sentences.require_stamp(there.unknown, there.heads, there.stamp, there.version)
    version_table = history_database.version_table_name(task.environment)
    with locked_table_told(connection):
        found = pg_dump.dump_database(
            connection.engine.url, version_table=version_table, lock_timeout=LOCK_TIMEOUT
        )
    found_rights, remarks = _read_beside(task, connection)
    drift = replace(drift, remarks=(*drift.remarks, *remarks))
    rules = ignore.read_rules(ignore.ignore_file(task.environment.script))
    ledger = _read_ledger(task.environment.script)
    if there.unknown and there.stamp:
        ignored = by_state.ignored_beside_state(found, there.stamp.state, rules)
        if ignored is None:
            raise UserError(sentences.CHANGED_SINCE.format(revision=there.unknown))
        remark = sentences.COMPARED_WITH_STAMP.format(revision=there.unknown)
        remarks = [remark, *remarks]
        return replace(drift, compared="state", ignored=tuple(ignored), remarks=tuple(remarks))
    state = ledger.state_after(there.heads) if ledger and there.note is None else ""
    ignored = by_state.ignored_beside_state(found, state, rules)
    if ignored is not None and _are_as_noted(task, ledger, there.heads, found_rights):
        return replace(drift, compared="state", ignored=tuple(ignored))
    whole = There(there.heads, there.note, there.version, found, found_rights)
    differences = build_and_compare(task, connection, whole)
    # Without a ledger that can be read, nothing says yet that a revision builds something else.
    if differences and there.stamp and _is_of(there.stamp, there.heads, found):
        why = _why_of_other_state(task, connection, ledger, there.stamp.revision)
        drift = replace(drift, remarks=(*drift.remarks, why))
    return _with_differences(task, connection, drift, differences)


def read_target(task: AlembicCommand, connection: Connection, at: str) -> Target:
    """Return what the target says of itself. at: a revision in place of its own, "" for none."""
    environment, script = task.environment, task.environment.script
    options = history_database.version_table_options(environment)
    context = MigrationContext.configure(connection, opts={**options, "script": script})
    table = journal.version_table_name(context)
    heads = _named_heads(script, at) if at else _read_heads(context)
    revisions = reversed(list(script.walk_revisions()))
    unfinished = declared_not_valid.unfinished_lines(connection, table, revisions)
    role, version = connection.execute(_SESSION).one()
    return Target(
        heads,
        next((head for head in heads if not _is_known(script, head)), ""),
        read_stamp(connection, table),
        None if at else journal.read_note(connection, table),
        version,
        role,
        tuple(unfinished),
    )


def _read_beside(task: AlembicCommand, connection: Connection) -> tuple[Rights, list[str]]:
    """Return whose the objects of the target are, and a sentence for what is not compared."""
    table = task.environment.context_opts.get("version_table", "alembic_version")
    whole = history_database.version_table_name(task.environment)
    connection.rollback()
    with connection.begin() as transaction:
        remarks = list(not_compared(connection, whole))
        found = read_rights(connection, table)
        transaction.rollback()
    return found, remarks


def _why_of_other_state(
    task: AlembicCommand, connection: Connection, ledger: Ledger | None, head: str
) -> str:
    """Return why nobody changed a database and it differs: a revision was moved, or edited."""
    table = task.environment.context_opts.get("version_table", "alembic_version")
    connection.rollback()
    with connection.begin() as transaction:
        found = read_parts(connection, table)
        transaction.rollback()
    history = History(task.environment.config, task.environment.script)
    moved = find_moved(history, ledger, head, found) if ledger else None
    return moved.sentence if moved else sentences.EDITED_SINCE.format(revision=head)


def _are_as_noted(
    task: AlembicCommand, ledger: Ledger | None, heads: Sequence[str], found: Rights
) -> bool:
    """Return whether the ledger's parts say that each object is whose it is."""
    if ledger is None:
        return False
    history = History(task.environment.config, task.environment.script)
    parts = parts_after(ledger.changes, history.with_ancestors(heads))
    return parts is not None and rights.are_as_noted(found, parts)


def _without_differences(task: AlembicCommand, connection: Connection, there: Target) -> Drift:
    """Return where was looked, and no difference yet."""
    script = task.environment.script
    pending = 0
    if not there.unknown and there.heads:
        # Alembic's upgrade hands several over, too.
        steps = script._upgrade_revs("heads", there.heads)  # type: ignore[arg-type]  # noqa: SLF001
        pending = len(list(steps))
    return Drift(
        database=str(connection.engine.url.database),
        host=target.describe_server(connection, "" if task.names_target else EMBEDDED_SOURCE),
        role=there.role,
        revisions=there.heads,
        at=there.unknown
        or " and ".join(revision_label(script.get_revision(head)) for head in there.heads),
        pending=pending,
        differences=(),
        unfinished=there.unfinished,
        remarks=(sentences.PENDING,) if pending else (),
    )


def _compare_with_nearest(task: AlembicCommand, connection: Connection, drift: Drift) -> Drift:
    """Return how a database without a revision differs from the one that is nearest."""
    # It builds the whole history, which no other database needs.
    from alembic_pg.drift.nearest import find_nearest  # noqa: PLC0415

    table = task.environment.context_opts.get("version_table", "alembic_version")
    if not history_start.has_tables(connection, table):
        raise UserError(sentences.EMPTY)
    connection.rollback()
    with locked_table_told(connection):
        nearest = find_nearest(task, connection, LOCK_TIMEOUT)
    if nearest is None:
        raise UserError(sentences.NOTHING_IN_COMMON)
    differences = list_differences(nearest.built, nearest.found)
    revision = nearest.revision
    remark = sentences.lost(revision.revision if revision else "", equal=not differences)
    at = revision_label(revision) if revision else "what the history begins with"
    drift = replace(drift, at=f"no revision; nearest {at}", remarks=(remark,), lost=True)
    return _with_differences(task, connection, drift, differences)


def _with_differences(
    task: AlembicCommand, connection: Connection, drift: Drift, differences: list[Difference]
) -> Drift:
    told, ignored = ignore.split_ignored(
        differences, ignore.read_rules(ignore.ignore_file(task.environment.script))
    )
    connection.rollback()
    with connection.begin():
        times = tuple(changed_at.times_of_change(connection, told))
    return replace(
        drift,
        differences=tuple(told),
        ignored=tuple(ignored),
        changed_at=times,
        compared="built",
    )


def _is_of(stamp: Stamp, heads: Sequence[str], found: Dump) -> bool:
    """Return whether a database is still as the run left it that led to its revision."""
    return (stamp.revision,) == tuple(heads) and state_of_dump(found) == stamp.state


def _read_ledger(script: ScriptDirectory) -> Ledger | None:
    """Return the ledger, None where there is none that serves: then all is built."""
    with suppress(UserError):
        ledger = read_ledger(ledger_path(script))
        if ledger is not None and ledger.form == FORM:
            return ledger
    return None


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


def _is_known(script: ScriptDirectory, head: str) -> bool:
    try:
        return script.get_revision(head) is not None
    except CommandError:
        return False
