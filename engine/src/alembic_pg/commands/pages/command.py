"""Write the pages into a folder, and say where they are."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from alembic_pg.commands import own_command
from alembic_pg.commands.pages import sources
from alembic_pg.pages import site, write

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.config import Config
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.commands.pages.sources import Wanted


def run(config: Config, folder: Path, wanted: Wanted) -> int:
    """Write the pages, print where, and return the exit code. Raises UserError; see write_pages."""
    made = write_pages(config, folder, wanted)
    sys.stdout.write(f"{folder / 'index.html'}: {made.counts}.\n")
    return 0


def write_pages(config: Config, folder: Path, wanted: Wanted) -> site.Site:
    """Write the pages of a schema into a folder, and return what they are made of.

    config: Alembic's, of the project. Files of an earlier run that are no longer needed are
    removed. Raises UserError where the folder holds something else, a revision is not known, a
    library is missing, or the schema cannot be read.
    """
    write.require_own_folder(folder)
    found: list[site.Site] = []

    def look(task: AlembicCommand, connection: Connection | None) -> None:
        found.append(sources.read_site(task, connection, wanted))

    command = own_command.OwnCommand("pages", look, on_target=wanted.target)
    own_command.load_environment(config, command)
    write.write_files(folder, site.render_site(found[0]))
    return found[0]
