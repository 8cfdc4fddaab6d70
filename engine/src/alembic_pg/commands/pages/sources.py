"""Read the schema and the history of which the pages are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from alembic_pg.autogenerate.sides import desired
from alembic_pg.autogenerate.sides.left_out import without_left_out
from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.commands.autogenerate import silence_alembic_utils
from alembic_pg.console.scratch import open_scratch_server
from alembic_pg.database import errors
from alembic_pg.database.connect import connect
from alembic_pg.database.errors import SqlState
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.errors import UserError
from alembic_pg.online.locks import lock_retry
from alembic_pg.pages import changes, site
from alembic_pg.pages.history import read_history
from alembic_pg.pages.read import read_schema
from alembic_pg.revisions import history_database

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory
    from sqlalchemy.engine import URL, Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.scope.models import Models
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.pages.history import History
    from alembic_pg.pages.schema import Schema

# Milliseconds that a question to the target waits behind somebody's lock.
LOCK_TIMEOUT = 2000


@dataclass(frozen=True)
class Wanted:
    """Hold of what the pages are.

    title: of the pages. at: a revision. diff: two revisions with a colon between. target: whether
    it is the target database. Without any of the three, it is what the models declare.
    """

    title: str = "Database schema"
    at: str = ""
    diff: str = ""
    target: bool = False


def read_site(task: AlembicCommand, connection: Connection | None, wanted: Wanted) -> site.Site:
    """Return what the pages are made of. connection: to the target, None for a scratch database.

    Raises UserError where a revision is not known, or the schema cannot be read.
    """
    script = task.environment.script
    if connection is not None:
        heads = _target_heads(task, connection)
        schema = _read_target(task, connection)
        source = f"what the database {connection.engine.url.database} has"
        return site.Site(wanted.title, source, schema, _history(script, heads))
    with open_scratch_server(task.root) as databases:
        if wanted.diff:
            return _read_difference(task, databases, wanted)
        if wanted.at:
            heads = _resolve(script, wanted.at)
            schema = _read_revisions(task, databases, heads)
            source = f"what the revisions build up to {' and '.join(heads) or 'base'}"
            return site.Site(wanted.title, source, schema, _history(script, heads))
        schema = read_models(task, databases, load_wanted_models(task))
        every = _history(script, tuple(sorted(script.get_heads())))
        return site.Site(wanted.title, "what the models declare", schema, every)


def _read_difference(task: AlembicCommand, databases: ScratchServer, wanted: Wanted) -> site.Site:
    first, colon, last = wanted.diff.partition(":")
    if not (first and colon and last):
        raise UserError("--diff takes two revisions with a colon between: --diff ae10:head.")
    script = task.environment.script
    before, after = _resolve(script, first), _resolve(script, last)
    merged, found = changes.compare_schemas(
        _read_revisions(task, databases, before), _read_revisions(task, databases, after)
    )
    past = {one.revision for one in _scripts(script, before)}
    history = read_history(_scripts(script, after))
    source = (
        f"what changes from {' and '.join(before) or 'base'} to {' and '.join(after) or 'base'}"
    )
    return site.Site(wanted.title, source, merged, history.without(past), found, compared=True)


def load_wanted_models(task: AlembicCommand) -> Models:
    """Return what the models declare, without what env.py leaves out."""
    models = load_models(task.metadata, task.entities)
    silence_alembic_utils()
    return without_left_out(models, task.configure)


def read_models(task: AlembicCommand, databases: ScratchServer, models: Models) -> Schema:
    """Return the schema that the models declare, as a scratch database has it."""
    name = databases.create()
    place = databases.database_url(name)
    desired.build_models(models, place, source=SCRATCH_SOURCE)
    return _read_scratch(task, databases, name)


def _read_revisions(
    task: AlembicCommand, databases: ScratchServer, heads: tuple[str, ...]
) -> Schema:
    if set(heads) == set(task.environment.script.get_heads()):
        template = history_database.ensure_template(databases, task.environment)
        return _read_scratch(task, databases, databases.create(template))
    name = history_database.create_at_revisions(databases, task.environment, heads)
    return _read_scratch(task, databases, name)


def _read_scratch(task: AlembicCommand, databases: ScratchServer, name: str) -> Schema:
    place: URL = databases.database_url(name)
    table = history_database.version_table_name(task.environment)
    with connect(place, source=SCRATCH_SOURCE) as connection, connection.begin():
        schema = read_schema(connection, live=False, left_out=table)
    databases.drop_in_background(name)
    return schema


def _read_target(task: AlembicCommand, connection: Connection) -> Schema:
    table = history_database.version_table_name(task.environment)
    connection.rollback()
    try:
        with connection.begin():
            connection.exec_driver_sql(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                f"SET LOCAL lock_timeout TO {LOCK_TIMEOUT}"
            )
            return read_schema(connection, live=True, left_out=table)
    except DBAPIError as error:
        if not lock_retry.is_retryable(error):
            raise
        raise UserError(
            f"Somebody keeps a table locked for longer than {LOCK_TIMEOUT / 1000:.0f} s "
            f"({errors.describe_error(error)}): run the same command later."
        ) from error


def _target_heads(task: AlembicCommand, connection: Connection) -> tuple[str, ...]:
    """Return the revisions that the target is at, those that this tree has.

    Raises UserError where the role may not read them.
    """
    script = task.environment.script
    options = history_database.version_table_options(task.environment)
    context = MigrationContext.configure(connection, opts={**options, "script": script})
    try:
        heads = context.get_current_heads()
    except DBAPIError as error:
        if errors.sqlstate(error) != SqlState.INSUFFICIENT_PRIVILEGE:
            raise
        raise UserError(
            f"The role may not read where the database is ({errors.describe_error(error)}): "
            f"GRANT SELECT ON {history_database.version_table_name(task.environment)} TO it."
        ) from error
    return tuple(one for one in heads if _is_known(script, one))


def _is_known(script: ScriptDirectory, revision: str) -> bool:
    try:
        return script.get_revision(revision) is not None
    except CommandError:
        return False


def _resolve(script: ScriptDirectory, name: str) -> tuple[str, ...]:
    """Return the ids of the revisions that a person names. Raises UserError where there is none."""
    try:
        found = script.get_revisions(name)
    except CommandError as error:
        raise UserError(f"{error}. Nothing was written.") from error
    return tuple(sorted(one.revision for one in found))


def _scripts(script: ScriptDirectory, heads: tuple[str, ...]) -> list[Script]:
    """Return the revisions up to some, oldest first."""
    if not heads:
        return []
    return list(script.walk_revisions(head=heads))[::-1]  # type: ignore[arg-type]  # Alembic's own takes several


def _history(script: ScriptDirectory, heads: tuple[str, ...]) -> History:
    return read_history(_scripts(script, heads))
