"""Return the dump of what the revisions build, and databases that hold it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import cache, pg_dump
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.revisions import history_database
from alembic_pg.revisions.trial.host import THIS_PROCESS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy.engine import Connection

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.revisions.trial.host import Host


@dataclass(frozen=True)
class StartingSchema:
    """Hold what the revisions build: its dump, and the database.

    template: the database of which a candidate is a copy. version_table: Alembic's own, which is
    not in the dump. caller_connection: the connection that a caller handed in.
    """

    databases: ScratchServer
    template: str
    version_table: str
    dump: Dump
    caller_connection: Connection | None = None

    @contextmanager
    def connection(self) -> Iterator[tuple[Connection, list[str]]]:
        """Yield a connection to a copy of the template, and the copy's name in a list.

        Where a caller handed a connection in, that is yielded, and the list is empty.
        """
        if self.caller_connection is not None:
            yield self.caller_connection, []
            return
        name = self.databases.create(self.template)
        place = self.databases.database_url(name)
        with connect(place, source=SCRATCH_SOURCE) as connection:
            yield connection, [name]
        self.databases.drop_in_background(name)


def schema_of_revisions(
    root: Path,
    environment: EnvironmentContext,
    databases: ScratchServer,
    host: Host = THIS_PROCESS,
) -> StartingSchema:
    """Return what the revisions of the tree build.

    root: the folder of the working tree, where the dump is kept. host: the process in which
    revisions run. Raises UserError when a revision fails.
    """
    version_table = history_database.version_table_name(environment)
    upgrade = None if host is THIS_PROCESS else host.upgrade
    template = history_database.ensure_template(databases, environment, upgrade)
    dump = cache.read_dump(root, template, version_table)
    if dump is None:
        dump = _dump_template_copy(databases, template, version_table)
        cache.write_dump(root, template, version_table, dump, databases.templates())
    return StartingSchema(databases, template, version_table, dump)


def schema_of_connection(
    given: Connection, environment: EnvironmentContext, databases: ScratchServer
) -> StartingSchema:
    """Return what a caller's database holds, which need not be what the revisions build."""
    version_table = history_database.version_table_name(environment)
    name = databases.create()
    pg_dump.copy_schema(given.engine.url, databases.database_url(name))
    dump = pg_dump.dump_database(given.engine.url, version_table=version_table)
    return StartingSchema(databases, name, version_table, dump, given)


def _dump_template_copy(databases: ScratchServer, template: str, version_table: str) -> Dump:
    """Return the dump of a template, to which nobody may connect."""
    name = databases.create(template)
    dump = pg_dump.dump_database(databases.database_url(name), version_table=version_table)
    databases.drop_in_background(name)
    return dump
