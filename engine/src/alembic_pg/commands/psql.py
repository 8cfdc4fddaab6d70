"""Run psql on the target.

psql is the embedded server's own, so that there is one wherever the extra "embedded" is
installed, of the version that the server has.
"""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

from alembic_pg.alembic_command import configured_url, project_folder
from alembic_pg.database import postgres_programs, target
from alembic_pg.embedded import programs
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.config import Config


def run(config: Config, arguments: Sequence[str]) -> int:
    """Run psql on the target until the user leaves it, and return its exit code.

    The embedded server lives at least as long: this process holds its lease.
    Raises UserError when there is no psql or no target.
    """
    program = programs.find("psql")
    if program is None:
        raise UserError("There is no psql here: install alembic-pg[embedded].")
    _require_project(config)
    place = target.find(
        project_folder(config),
        configured_url(config),
        embedded_database=target.embedded_database(config),
    )
    # Ctrl-C is psql's, which stops a query with it; a handler, unlike "ignore", is not inherited.
    signal.signal(signal.SIGINT, lambda *_: None)
    done = subprocess.run(
        [program, *arguments], env=postgres_programs.libpq_environment(place.url), check=False
    )
    return done.returncode


def _require_project(config: Config) -> None:
    """Raise UserError where the embedded server would be made in a folder that is no project."""
    named = configured_url(config) or os.environ.get(target.TARGET_VARIABLE)
    if not named and not config.get_alembic_option("script_location"):
        raise UserError(
            f"There is no Alembic project in {project_folder(config)}: go to the folder that has "
            f"alembic.ini, name the file with -c, or set {target.TARGET_VARIABLE}."
        )
