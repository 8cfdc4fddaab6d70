"""Find the statements that take a database back to what its revisions build."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.proof import search
from alembic_pg.autogenerate.proof.candidate import open_candidate
from alembic_pg.autogenerate.sides.comparison import Comparison
from alembic_pg.console.scratch import open_scratch_server
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.database.server_features import ServerFeatures
from alembic_pg.drift import build, difference, rights
from alembic_pg.drift.target_roles import target_roles
from alembic_pg.revisions import history_database, schema_model
from alembic_pg.revisions.impact import ImpactReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.drift.difference import Difference
    from alembic_pg.drift.find import Target

# How Alembic's operations are called in a text that only runs on a scratch database.
_PREFIXES = {
    "alembic_module_prefix": "op.",
    "sqlalchemy_module_prefix": "sa.",
    "user_module_prefix": None,
    "render_as_batch": False,
    "render_item": None,
}


@dataclass(frozen=True)
class WayBack:
    """Hold what takes a database back.

    statements: in their order. destroys: what they destroy, as a revision names it. template: a
    scratch database with the schema of the target. databases: its server.
    """

    statements: tuple[str, ...]
    destroys: tuple[str, ...]
    template: str
    databases: ScratchServer


@contextmanager
def find_way_back(
    task: AlembicCommand, connection: Connection, there: Target, chosen: Sequence[Difference]
) -> Iterator[WayBack]:
    """Yield the statements that undo differences, tried on a copy of the target's schema.

    there: what the target says of itself. chosen: the differences.
    Raises UserError where nothing can express one of them.
    """
    version_table = history_database.version_table_name(task.environment)
    with open_scratch_server(task.root) as databases, ExitStack() as stack:
        expected = build.dump_at(task, databases, there.heads)
        stack.enter_context(target_roles(connection, databases))
        template = build.copy_target(connection, databases, there.version)
        stack.callback(databases.drop_in_background, template)
        url = databases.database_url(template)
        found = pg_dump.dump_database(url, version_table=version_table)
        scope = build.comparison_scope(task, expected, found)
        before = scope.filter_dump(found)
        after = _goal(scope.filter_dump(expected), before, chosen)
        comparison = Comparison(databases, template, before, after, version_table, scope)
        of_rights = rights.right_statements(one for one in chosen if rights.is_right(one))
        statements = (*statements_between(comparison), *of_rights)
        with connect(url, source=SCRATCH_SOURCE) as copy:
            reader = ImpactReader(schema_model.read_schema(copy))
            copy.rollback()
        reader.begin_revision()
        for statement in statements:
            reader.read_sql(statement)
        yield WayBack(statements, tuple(reader.end_revision().destroys), template, databases)


def statements_between(comparison: Comparison) -> Iterator[str]:
    """Yield the statements that lead from one side to the other, tried on a candidate."""
    place = comparison.databases.database_url(comparison.template)
    with connect(place, source=SCRATCH_SOURCE) as connection:
        options = {"target_metadata": MetaData(), **_PREFIXES}
        context = AutogenContext(
            MigrationContext.configure(connection, opts=options), autogenerate=False
        )
    features = ServerFeatures(comparison.databases.version)
    before, after = comparison.before, comparison.after
    drops = [
        ops.DropTableOp(entry.name, schema=entry.schema)
        for key, entry in before.items()
        if entry.kind == "TABLE" and key not in after
    ]
    with open_candidate(comparison, context) as candidate:
        found = search.find_operations(candidate, before, after, drops, features)
        for operation in found.operations:
            yield from (one.sql for one in candidate.statements(operation))


def _goal(expected: Dump, found: Dump, chosen: Sequence[Difference]) -> Dump:
    """Return what a database is to have once the chosen differences are undone."""
    keys = {one.key for one in chosen}
    # What belongs to it goes with it, and what belongs to that: a sequence, and whose it is.
    for dump in (expected, found):
        for key, entry in dump.items():
            there = key in expected and key in found
            if entry.kind in difference.PARTS and not there and keys.intersection(entry.needs):
                keys.add(key)
    kept = {
        key: entry if key in keys else found[key]
        for key, entry in expected.items()
        if key in keys or key in found
    }
    return kept | {
        key: entry for key, entry in found.items() if key not in expected and key not in keys
    }
