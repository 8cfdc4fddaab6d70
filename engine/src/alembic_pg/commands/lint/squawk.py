"""Let squawk read the SQL of the revisions, a second opinion: ``alembic-pg lint squawk``.

Each revision's upgrade is written in its online form, as one that meets the tables of those before
it, and squawk reads all of them. Which of its rules are off, and why, is in ``.squawk.toml`` beside
alembic.ini, or in this package's own where the project has none.
"""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
import tempfile
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic_pg.adopt import adopted_history
from alembic_pg.alembic_command import project_folder
from alembic_pg.console import status
from alembic_pg.database.url import DRIVER
from alembic_pg.errors import UserError
from alembic_pg.offline.writer import OnlineRenderImpl
from alembic_pg.options import Settings
from alembic_pg.revisions.current_revision import RunState
from alembic_pg.revisions.render_impl import install_writing_impl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.config import Config
    from alembic.script import Script


def write_sql_files(revisions: Iterable[Script], folder: Path) -> list[Path]:
    """Write an SQL file for each revision, named as its own; return them.

    One that asks a database is left out, as --sql would leave it.
    """
    files = []
    for revision in revisions:
        text = upgrade_script(revision)
        if text is not None:
            place = folder / f"{Path(revision.path).stem}.sql"
            place.write_text(text, encoding="utf-8")
            files.append(place)
    return files


def upgrade_script(revision: Script) -> str | None:
    """Return the upgrade of a revision for psql; None when it asks a database."""
    buffer = StringIO()
    context = MigrationContext.configure(
        url=f"{DRIVER}://",
        opts={"as_sql": True, "output_buffer": buffer},
        dialect_opts={"paramstyle": "named"},
    )
    impl = install_writing_impl(context, OnlineRenderImpl, buffer)
    impl.begin(context, RunState(step=revision), Settings())
    impl.emit_begin()
    try:
        with Operations.context(context):
            revision.module.upgrade()
    except Exception:  # noqa: BLE001  # whatever it asks for, there is no database here
        return None
    impl.emit_commit()
    return buffer.getvalue()


def check(config: Config, *arguments: str) -> None:
    """Let squawk read all revisions. arguments: its own.

    Raises UserError when it finds something, which it has printed then, or is not installed.
    """
    program = shutil.which("squawk", path=sysconfig.get_path("scripts")) or shutil.which("squawk")
    if program is None:
        raise UserError("squawk is not installed: python -m pip install squawk-cli")
    directory = ScriptDirectory.from_config(config)
    with tempfile.TemporaryDirectory() as folder:
        exempt = adopted_history.adopted_revisions(config, directory)
        asked = [one for one in directory.walk_revisions() if one.revision not in exempt]
        files = write_sql_files(reversed(asked), Path(folder))
        names = [file.name for file in files]
        if not names:
            return
        command = [program, "--config", _rules(config), *arguments, *names]
        with status.doing("squawk reads the revisions"):
            done = subprocess.run(command, cwd=folder, check=False)
    if done.returncode:
        raise UserError(
            "squawk objects to a revision: change it, or let its line in the SQL say "
            "-- squawk-ignore, or turn the rule off with a reason in .squawk.toml."
        )


def _rules(config: Config) -> str:
    """Return the file of squawk's options: the project's, else this package's."""
    own = project_folder(config) / ".squawk.toml"
    return str(own if own.exists() else Path(__file__).with_name("squawk.toml"))
