"""Throw the embedded database away: ``alembic-pg reset``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from alembic_pg.alembic_command import configured_url, project_folder
from alembic_pg.database import target
from alembic_pg.embedded import programs
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.config import Config

_NEXT = "alembic upgrade head builds it anew."


def run(config: Config, *, confirmed: bool) -> int:
    """Remove the embedded server's data of this project, with what revisions and people put there.

    confirmed: whether a person said so already; else they are asked at the terminal.
    Return the exit code: 1 when the person says no. Raises UserError for another database than
    the embedded one, where nobody can be asked, and while somebody uses the server.
    """
    _refuse_named_database(config)
    folder = target.embedded_folder(project_folder(config))
    database = target.embedded_database(config)
    if not programs.runs_here() or not (folder / "data").exists():
        sys.stdout.write(f"There is no embedded database here: nothing to throw away. {_NEXT}\n")
        return 0
    if not confirmed and not _ask(database, folder):
        sys.stdout.write("Nothing was done.\n")
        return 1
    from alembic_pg.embedded import removal  # noqa: PLC0415  # there is none on Windows

    try:
        removal.remove_cluster(folder)
    except OSError as error:
        raise UserError(
            f"The embedded database in {folder} cannot be removed ({error.strerror or error})."
        ) from error
    sys.stdout.write(f"The embedded database {database} is gone, with its rows. {_NEXT}\n")
    return 0


def _refuse_named_database(config: Config) -> None:
    for setting, value in (
        ("sqlalchemy.url", configured_url(config)),
        (target.TARGET_VARIABLE, os.environ.get(target.TARGET_VARIABLE)),
    ):
        if value:
            raise UserError(
                f"{setting} names a database, and only the embedded one can be thrown away: "
                f"unset {setting} if you mean that one."
            )


def _ask(database: str, folder: Path) -> bool:
    """Return whether the person at the terminal says yes."""
    what = f"The embedded database {database} in {folder} will be thrown away, with all its rows"
    if not sys.stdin.isatty():
        raise UserError(f"{what}: add --yes.")
    sys.stdout.write(f"{what}. Type yes to go on: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() == "yes"
