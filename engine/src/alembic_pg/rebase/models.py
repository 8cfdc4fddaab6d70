"""Compare the models with what the revisions of a script directory build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.scope import filters
from alembic_pg.autogenerate.sides import desired
from alembic_pg.autogenerate.sides.left_out import without_left_out
from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.autogenerate.sides.revisions import schema_of_revisions
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.drift.difference import list_differences

if TYPE_CHECKING:
    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.database.scratch import ScratchServer


def differing_from_models(task: AlembicCommand, databases: ScratchServer) -> list[str]:
    """Return what a person calls each object that the models say otherwise than the revisions.

    Raises UserError, and whatever importing the models raises.
    """
    past = schema_of_revisions(task.root, task.environment, databases)
    models = without_left_out(load_models(task.metadata, task.entities), task.configure)
    name = databases.create()
    place = databases.database_url(name)
    schema = task.environment.context_opts.get("version_table_schema")
    desired.build_models(models, place, source=SCRATCH_SOURCE, schema=schema)
    after = pg_dump.dump_database(place, version_table=past.version_table)
    databases.drop_in_background(name)
    scope = filters.comparison_scope(past.dump, after, models, task.configure)
    found = list_differences(scope.filter_dump(after), scope.filter_dump(past.dump))
    return [one.label for one in found]
