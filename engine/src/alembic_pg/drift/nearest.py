"""Find the revision from which a database differs least, whatever it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import MetaData

from alembic_pg import history_start
from alembic_pg.autogenerate.dump import compare, pg_dump
from alembic_pg.autogenerate.scope import filters
from alembic_pg.autogenerate.scope.models import Models
from alembic_pg.console import status
from alembic_pg.console.scratch import open_scratch_server
from alembic_pg.revisions import history_database

if TYPE_CHECKING:
    from alembic.script.base import Script
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer


@dataclass(frozen=True)
class Nearest:
    """Hold the revision from which a database differs least.

    revision: None for what the history begins with. built, found: what the revisions build up to
    it, and what the database has, both without what env.py leaves out.
    """

    revision: Script | None
    built: Dump
    found: Dump

    @property
    def labels(self) -> list[str]:
        """What a person calls the objects that differ, in dump order."""
        keys = compare.differing_keys(self.found, self.built)
        return [(self.found.get(key) or self.built[key]).label for key in keys]


def find_nearest(
    task: AlembicCommand, connection: Connection, lock_timeout: int | None = None
) -> Nearest | None:
    """Return the revision that differs least from the database; the heads are looked at first.

    lock_timeout: milliseconds to wait at most for the lock of a table.
    None when no revision has a table in common with it.
    """
    version_table = history_database.version_table_name(task.environment)
    url = connection.engine.url
    found = pg_dump.dump_database(url, version_table=version_table, lock_timeout=lock_timeout)
    found = {key: entry for key, entry in found.items() if key not in compare.ADMINISTRATORS_KEYS}
    best: Nearest | None = None
    fewest = 0

    def measure(revision: Script | None, databases: ScratchServer, name: str) -> bool:
        """Note how far the revision is; return whether it is none."""
        nonlocal best, fewest
        built = pg_dump.dump_database(databases.database_url(name), version_table=version_table)
        # What env.py leaves out may be there, and is no revision's; here it is a stand-in.
        scope = filters.comparison_scope(found, built, Models(MetaData(), ()), task.configure)
        theirs, ours = scope.filter_dump(found), scope.filter_dump(built)
        count = len(compare.differing_keys(theirs, ours))
        if any(key.startswith("TABLE ") and key in ours for key in theirs) and (
            best is None or count < fewest
        ):
            best, fewest = Nearest(revision, ours, theirs), count
        return best is not None and not fewest

    script, config = task.environment.script, task.environment.config
    heads = [revision for revision in script.walk_revisions() if revision.is_head]
    looking = status.doing("Looking for the nearest revision")
    with looking, open_scratch_server(task.root) as databases:
        newest = databases.create(history_database.ensure_template(databases, task.environment))
        if not heads or measure(heads[0], databases, newest):
            return best
        stepwise = history_database.create_at_start(databases, task.environment)
        if history_start.start_files(config, script) and measure(None, databases, stepwise):
            return best
        history_database.upgrade_database(
            task.environment,
            databases.database_url(stepwise),
            "heads",
            lambda revision: measure(revision, databases, stepwise),
        )
    return best
