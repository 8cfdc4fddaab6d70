"""Build both sides of a comparison: what the revisions make, and what the models make."""

from __future__ import annotations

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
    from alembic_pg.autogenerate.scope.models import Models
    from alembic_pg.autogenerate.sides.build_statements import BuildStatement
    from alembic_pg.autogenerate.sides.revisions import StartingSchema
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.revisions.trial.host import Host


def both_sides(  # noqa: PLR0913, PLR0917  # where and how the models are built
    task: AlembicCommand,
    given: Connection | None,
    models: Models,
    empty: tuple[ScratchServer, str],
    host: Host,
    beside: Executor,
) -> tuple[StartingSchema, Dump, list[BuildStatement]]:
    """Return what the revisions build, and what the models build by which statements.

    empty: an empty database. A revision is proven against what was really built; a check asks
    whether that is known.
    """
    databases, name = empty
    place = databases.database_url(name)
    # That of Alembic's own table is on both sides.
    schema = task.environment.context_opts.get("version_table_schema")
    past, steps = None, None
    is_noted = given is None and not models.left_out
    if is_noted and task.command == "check" and known_build.has_note(task.root):
        steps = desired.compiled_statements(models, place, source=SCRATCH_SOURCE, schema=schema)
        past = schema_of_revisions(task.root, task.environment, databases, host)
        known = steps and known_build.known_dump(task.root, past, steps)
        if known and steps:
            return past, known, steps
    built = desired.build_models(models, place, source=SCRATCH_SOURCE, schema=schema, steps=steps)
    # pg_dump is at work while the revisions are read.
    after = beside.submit(pg_dump.dump_database, place)
    if given is not None:
        past = schema_of_connection(given, task.environment, databases)
    elif past is None:
        past = schema_of_revisions(task.root, task.environment, databases, host)
    dump = after.result()
    # What a listener asked the database for has no label: no other check could know it.
    is_noted = is_noted and all(one.label for one in built)
    if is_noted and not compare.differing_keys(past.dump, dump):
        known_build.write_note(task.root, past, built)
    return past, dump, built
