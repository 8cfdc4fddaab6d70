"""Build what the revisions build up to a database's own, and compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.scope import filters
from alembic_pg.autogenerate.scope.models import Models
from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.autogenerate.sides.revisions import schema_of_revisions
from alembic_pg.console.scratch import open_scratch_server
from alembic_pg.database import server_features
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.drift import difference, rights
from alembic_pg.drift.target_roles import target_roles
from alembic_pg.errors import UserError
from alembic_pg.ledger.read_parts import read_rights
from alembic_pg.online.run.helper_names import HELPER_MARK
from alembic_pg.revisions import history_database

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.drift.difference import Difference
    from alembic_pg.ledger.read_parts import Rights
    from alembic_pg.online.run import journal


@dataclass(frozen=True)
class There:
    """Hold what a database has.

    heads: its revisions. note: of a half-done one. version: of its server, as server_version_num
    has it. dump, rights: what it holds, and whose that is.
    """

    heads: tuple[str, ...]
    note: journal.ProgressNote | None
    version: int
    dump: Dump
    rights: Rights


@dataclass(frozen=True)
class Built:
    """Hold what the revisions build up to some of them, and whose that is."""

    dump: Dump
    rights: Rights


def build_and_compare(
    task: AlembicCommand, connection: Connection, there: There
) -> list[Difference]:
    """Return what differs from what the revisions build on the scratch server.

    connection: to the database.
    """
    script, note, found = task.environment.script, there.note, there.dump
    version_table = history_database.version_table_name(task.environment)
    with open_scratch_server(task.root) as databases:
        built = build_at(task, databases, there.heads)
        meant = {}
        if note is not None:
            meant = dump_at(task, databases, _heads_after(script, there.heads, note))
        if server_features.major_of(databases.version) != server_features.major_of(there.version):
            with target_roles(connection, databases):
                found = copy_and_dump(connection, databases, version_table, there.version)
    scope = comparison_scope(task, built.dump, found)
    expected, found = scope.filter_dump(built.dump), scope.filter_dump(found)
    differences = difference.list_differences(expected, found)
    if note is not None:
        # What is as it is when the revision is done, that revision has made.
        others = difference.list_differences(scope.filter_dump(meant), found)
        still = {one.label for one in others}
        differences = [
            one for one in differences if one.label in still and HELPER_MARK not in one.name
        ]
    of_rights = rights.list_right_differences(built.rights, there.rights, expected)
    return difference.by_harm([*differences, *of_rights])


def dump_at(task: AlembicCommand, databases: ScratchServer, heads: tuple[str, ...]) -> Dump:
    """Return the dump of what the revisions build up to some of them."""
    environment = task.environment
    if set(heads) == set(environment.script.get_heads()):
        return schema_of_revisions(task.root, environment, databases).dump
    return build_at(task, databases, heads).dump


def build_at(task: AlembicCommand, databases: ScratchServer, heads: tuple[str, ...]) -> Built:
    """Return what the revisions build up to some of them."""
    environment = task.environment
    own = environment.context_opts.get("version_table", "alembic_version")
    if set(heads) == set(environment.script.get_heads()):
        past = schema_of_revisions(task.root, environment, databases)
        with past.connection() as (connection, _):
            return Built(past.dump, _read_rights(connection, own))
    name = history_database.create_at_revisions(databases, environment, heads)
    url = databases.database_url(name)
    table = history_database.version_table_name(environment)
    with connect(url, source=SCRATCH_SOURCE) as connection:
        built = Built(
            pg_dump.dump_database(url, version_table=table), _read_rights(connection, own)
        )
    databases.drop_in_background(name)
    return built


def _read_rights(connection: Connection, version_table: str) -> Rights:
    found = read_rights(connection, version_table)
    connection.rollback()
    return found


def copy_and_dump(
    connection: Connection, databases: ScratchServer, version_table: str, version: int
) -> Dump:
    """Return the dump of a copy of the target on the scratch server, which prints as it does."""
    name = copy_target(connection, databases, version)
    dump = pg_dump.dump_database(databases.database_url(name), version_table=version_table)
    databases.drop_in_background(name)
    return dump


def copy_target(connection: Connection, databases: ScratchServer, version: int) -> str:
    """Return the name of a new scratch database with the target's schema, without its rows.

    version: the target's, as server_version_num has it. Raises UserError where the scratch server
    cannot build it.
    """
    name = databases.create()
    copy = databases.database_url(name)
    try:
        pg_dump.copy_schema(connection.engine.url, copy)
    except UserError as error:
        databases.drop_in_background(name)
        major, own = server_features.major_of(version), server_features.major_of(databases.version)
        raise UserError(
            f"The target runs PostgreSQL {major}, the scratch server {own}, which cannot build "
            f"the target's schema: {error} Name a server of version {major} in "
            "SHADOW_DATABASE_URL."
        ) from error
    return name


def comparison_scope(task: AlembicCommand, expected: Dump, found: Dump) -> filters.Scope:
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
