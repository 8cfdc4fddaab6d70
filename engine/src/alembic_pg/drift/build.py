"""Build what the revisions build up to a database's own, and compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.scope import filters
from alembic_pg.autogenerate.scope.models import Models
from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.autogenerate.sides.revisions import schema_of_revisions
from alembic_pg.console.scratch import open_scratch_server
from alembic_pg.database import server_features
from alembic_pg.drift import difference
from alembic_pg.drift.target_roles import target_roles
from alembic_pg.errors import UserError
from alembic_pg.online.run.helper_names import HELPER_MARK
from alembic_pg.revisions import history_database

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.drift.difference import Difference
    from alembic_pg.online.run import journal


def build_and_compare(  # noqa: PLR0913, PLR0917  # where, what is there, and where a run ended
    task: AlembicCommand,
    connection: Connection,
    heads: tuple[str, ...],
    found: Dump,
    note: journal.ProgressNote | None,
    version: int,
) -> list[Difference]:
    """Return what differs from what the revisions build on the scratch server."""
    script = task.environment.script
    version_table = history_database.version_table_name(task.environment)
    with open_scratch_server(task.root) as databases:
        expected = dump_at(task, databases, heads)
        meant = {} if note is None else dump_at(task, databases, _heads_after(script, heads, note))
        if server_features.major_of(databases.version) != server_features.major_of(version):
            with target_roles(connection, databases):
                found = copy_and_dump(connection, databases, version_table, version)
    scope = comparison_scope(task, expected, found)
    expected, found = scope.filter_dump(expected), scope.filter_dump(found)
    differences = difference.list_differences(expected, found)
    if note is None:
        return differences
    # What is as it is when the revision is done, that revision has made.
    others = difference.list_differences(scope.filter_dump(meant), found)
    still = {one.label for one in others}
    return [one for one in differences if one.label in still and HELPER_MARK not in one.name]


def dump_at(task: AlembicCommand, databases: ScratchServer, heads: tuple[str, ...]) -> Dump:
    """Return the dump of what the revisions build up to some of them."""
    environment = task.environment
    if set(heads) == set(environment.script.get_heads()):
        return schema_of_revisions(task.root, environment, databases).dump
    name = history_database.create_at_revisions(databases, environment, heads)
    table = history_database.version_table_name(environment)
    dump = pg_dump.dump_database(databases.database_url(name), version_table=table)
    databases.drop_in_background(name)
    return dump


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
