"""Build both sides of a comparison: what the revisions make, and what the models make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import compare, pg_dump
from alembic_pg.autogenerate.sides import desired, known_build
from alembic_pg.autogenerate.sides.revisions import schema_of_connection, schema_of_revisions
from alembic_pg.database.scratch import SCRATCH_SOURCE

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.dump.known_rest import KnownRest
    from alembic_pg.autogenerate.scope.models import Models
    from alembic_pg.autogenerate.sides.build_statements import BuildStatement
    from alembic_pg.autogenerate.sides.revisions import StartingSchema
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.revisions.trial.host import Host


@dataclass(frozen=True)
class Sides:
    """What the revisions build, and what the models build.

    built: the statements that build the models. rest: what is known to be the same on both sides.
    """

    past: StartingSchema
    dump: Dump
    built: list[BuildStatement]
    rest: KnownRest | None = None


def may_be_known(task: AlembicCommand, given: Connection | None) -> bool:
    """Return whether a command may know what the models build, so that no database is needed.

    A revision is proven against what was really built. given: a connection that was handed in.
    """
    return task.command == "check" and given is None and known_build.has_note(task.root)


def both_sides(  # noqa: PLR0913, PLR0917  # where and how the models are built
    task: AlembicCommand,
    given: Connection | None,
    models: Models,
    empty: tuple[ScratchServer, str | None],
    host: Host,
    beside: Executor,
) -> Sides:
    """Return both sides of a comparison.

    empty: an empty database, which is dropped; None where what the models build may be known.
    """
    databases, name = empty
    # That of Alembic's own table is on both sides.
    schema = task.environment.context_opts.get("version_table_schema")
    past, steps = None, None
    if name is None and not models.left_out:
        dialect = databases.connection.dialect
        steps = desired.compiled_statements(models, dialect, schema=schema)
        past = schema_of_revisions(task.root, task.environment, databases, host)
        known = steps and known_build.known_build(task.root, past, steps)
        if known and steps:
            return Sides(past, known.dump, steps, known.rest)
    name = name or databases.create()
    place = databases.database_url(name)
    built = desired.build_models(models, place, source=SCRATCH_SOURCE, schema=schema, steps=steps)
    # pg_dump is at work while the revisions are read.
    after = beside.submit(pg_dump.dump_database, place)
    if given is not None:
        past = schema_of_connection(given, task.environment, databases)
    elif past is None:
        past = schema_of_revisions(task.root, task.environment, databases, host)
    dump = after.result()
    databases.drop_in_background(name)
    # What a listener asked the database for has no label: no other check could know it.
    is_noted = given is None and not models.left_out and all(one.label for one in built)
    if is_noted and not compare.differing_keys(past.dump, dump):
        known_build.write_note(task.root, past, built)
    return Sides(past, dump, built)
