"""Build what revisions make of a database, one after the other, and return the states."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.sides.revisions import schema_of_revisions
from alembic_pg.console import status
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.ledger.history import parents_of
from alembic_pg.ledger.ledger import States
from alembic_pg.ledger.parts import part_changes
from alembic_pg.ledger.read_parts import read_parts, read_rights, with_rights
from alembic_pg.ledger.state import state_of_dump
from alembic_pg.revisions import history_database
from alembic_pg.revisions.trial import process_wide
from alembic_pg.revisions.trial.choice import new_process
from alembic_pg.revisions.trial.host import THIS_PROCESS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.script.base import Script
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.ledger.history import History
    from alembic_pg.ledger.parts import Parts
    from alembic_pg.revisions.trial.host import Host


@dataclass
class _Built:
    """A scratch database, the revisions that have run in it, its state, and its parts."""

    name: str
    applied: frozenset[str]
    state: str
    parts: Parts


def build_states(  # noqa: PLR0913, PLR0917  # what, where, and what is known of before
    task: AlembicCommand,
    history: History,
    databases: ScratchServer,
    wanted: Sequence[Script],
    before: str = "",
    parts: Parts | None = None,
) -> Iterator[tuple[str, States]]:
    """Yield the id and the states of each revision, as they are built.

    wanted: in an order in which they can run. before: the state before the first one, where it is
    known: then that is not built where the revision is the last of all. parts: those that are
    there, where they are known.
    Raises UserError when a revision fails.
    """
    with _host(task) as host:
        if before and [one.revision for one in wanted] == history.heads:
            past = schema_of_revisions(task.root, task.environment, databases, host)
            changes = None
            if parts is not None:
                with past.connection() as (connection, _):
                    changes = part_changes(parts, _read_parts(task, connection))
            yield history.heads[0], States(before, state_of_dump(past.dump), changes)
            return
        built: _Built | None = None
        for revision in status.counted(wanted, "Building the states of the ledger", "revision"):
            needed = history.with_ancestors(parents_of(revision))
            if built is None or built.applied != needed:
                if built is not None:
                    databases.drop_in_background(built.name)
                built = _create(task, databases, parents_of(revision), needed, host)
            start, there = built.state, built.parts
            host.upgrade(task.environment, databases.database_url(built.name), revision.revision)
            built.applied |= {revision.revision}
            built.state = _state(task, databases, built.name)
            built.parts = parts_of_database(task, databases, built.name)
            # What the history begins with comes with the first one, since no line has it.
            changes = part_changes(there if parents_of(revision) else {}, built.parts)
            yield revision.revision, States(start, built.state, changes)
        if built is not None:
            databases.drop_in_background(built.name)


def _create(
    task: AlembicCommand,
    databases: ScratchServer,
    revisions: tuple[str, ...],
    applied: frozenset[str],
    host: Host,
) -> _Built:
    upgrade = None if host is THIS_PROCESS else host.upgrade
    name = history_database.create_at_revisions(databases, task.environment, revisions, upgrade)
    state, parts = _state(task, databases, name), parts_of_database(task, databases, name)
    return _Built(name, applied, state, parts)


def parts_of_database(task: AlembicCommand, databases: ScratchServer, name: str) -> Parts:
    """Return the parts of a scratch database."""
    with connect(databases.database_url(name), source=SCRATCH_SOURCE) as connection:
        return _read_parts(task, connection)


def _read_parts(task: AlembicCommand, connection: Connection) -> Parts:
    """Return the parts of a database. connection: to a scratch database that nobody else needs."""
    table = task.environment.context_opts.get("version_table", "alembic_version")
    found, rights = read_parts(connection, table), read_rights(connection, table)
    connection.rollback()
    return with_rights(found, rights)


def _state(task: AlembicCommand, databases: ScratchServer, name: str) -> str:
    table = history_database.version_table_name(task.environment)
    return state_of_dump(pg_dump.dump_database(databases.database_url(name), version_table=table))


@contextmanager
def _host(task: AlembicCommand) -> Iterator[Host]:
    """Yield where revisions run: in a new process where what this one has imported changes them."""
    if not process_wide.project_changes():
        yield THIS_PROCESS
        return
    other = new_process(task)
    try:
        yield other
    finally:
        other.close()
