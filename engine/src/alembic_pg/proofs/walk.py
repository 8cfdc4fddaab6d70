"""Run revisions by the project's own env.py on scratch databases."""

from __future__ import annotations

from argparse import Namespace
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.proofs.stored_rows import Rows, read_rows
from alembic_pg.proofs.tables import Table, read_tables
from alembic_pg.revisions import history_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.script import Script

    from alembic_pg.database.scratch import ScratchServer


@dataclass(frozen=True)
class Project:
    """Hold the project whose revisions are proved, and the server of its scratch databases."""

    config: Config
    databases: ScratchServer

    @property
    def script(self) -> ScriptDirectory:
        """Its revisions."""
        return ScriptDirectory.from_config(self.config)

    @property
    def environment(self) -> EnvironmentContext:
        """What builds its history, as its tests do: without env.py."""
        return EnvironmentContext(self.config, self.script)

    @property
    def version_table(self) -> str:
        """The name of Alembic's own table."""
        return history_database.version_table_name(self.environment)

    @contextmanager
    def copy(self, database: str) -> Iterator[str]:
        """Yield the name of a copy of a scratch database, which is dropped afterwards."""
        name = self.databases.create(database)
        yield name
        self.databases.drop_in_background(name)

    def upgrade(self, database: str, revision: str, **options: str) -> None:
        """Upgrade a scratch database as the alembic command does; options: those of -x."""
        self._run(command.upgrade, database, revision, options)

    def downgrade(self, database: str, revision: str, **options: str) -> None:
        """Downgrade a scratch database as the alembic command does; options: those of -x."""
        self._run(command.downgrade, database, revision, options)

    def tables(self, database: str) -> list[Table]:
        """Return the tables of a scratch database."""
        url = self.databases.database_url(database)
        with connect(url, source=SCRATCH_SOURCE) as connection:
            return read_tables(connection, self.version_table)

    def rows(self, database: str) -> Rows:
        """Return all rows of a scratch database."""
        url = self.databases.database_url(database)
        with connect(url, source=SCRATCH_SOURCE) as connection:
            return read_rows(connection, read_tables(connection, self.version_table))

    def _run(
        self,
        run: Callable[[Config, str], Any],
        database: str,
        revision: str,
        options: dict[str, str],
    ) -> None:
        given = self.config
        config = Config(given.config_file_name, ini_section=given.config_ini_section)
        config.cmd_opts = Namespace(x=[f"{name}={value}" for name, value in options.items()])
        # By its URL, and not by a connection: a connection is a caller's own, on which a revision
        # runs in one transaction and in no step.
        url = self.databases.database_url(database).render_as_string(hide_password=False)
        config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
        run(config, revision)


class Walk:
    """A scratch database without rows that goes from revision to revision."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._name = ""
        self._heads: tuple[str, ...] | None = None

    def before(self, revision: Script) -> str:
        """Return the name of the database, at what is below a revision."""
        below = needed_revisions(revision)
        if self._heads != below:
            self.end()
            project = self._project
            self._name = history_database.create_at_revisions(
                project.databases, project.environment, below
            )
            self._heads = below
        return self._name

    def follow(self, revision: Script) -> str:
        """Upgrade the database by a revision; return its name."""
        name = self.before(revision)
        url = self._project.databases.database_url(name)
        history_database.upgrade_database(self._project.environment, url, revision.revision)
        self._heads = (revision.revision,)
        return name

    def end(self) -> None:
        """Drop the database."""
        if self._name:
            self._project.databases.drop_in_background(self._name)
            self._name, self._heads = "", None


def needed_revisions(revision: Script) -> tuple[str, ...]:
    """Return the ids of the revisions just below one: more than one for a merge."""
    below = revision.down_revision or ()
    return (below,) if isinstance(below, str) else tuple(below)
