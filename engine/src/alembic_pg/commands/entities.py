"""Declare what no model declares: ``alembic-pg entities FILE``."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from alembic_pg.adopt import module, undeclared
from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.autogenerate.sides.revisions import schema_of_connection, schema_of_revisions
from alembic_pg.commands import own_command
from alembic_pg.commands.autogenerate import silence_alembic_utils
from alembic_pg.console import table
from alembic_pg.console.scratch import open_scratch_server
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.config import Config
    from sqlalchemy.engine import Connection

    from alembic_pg.adopt.undeclared import Undeclared
    from alembic_pg.alembic_command import AlembicCommand


def run(config: Config, file: Path, *, of_target: bool) -> int:
    """Write the module, and print what it declares and what it does not. Return the exit code."""
    found = write_entities(config, file, of_target=of_target)
    rows = [(one.class_name, one.entry.label) for one in found.declarations]
    if rows:
        sys.stdout.write(f"{table.render(('as', 'object'), rows)}\n\n{file} declares them.\n")
    else:
        sys.stdout.write("Nothing to declare.\n")
    if found.left:
        names = "\n  ".join(entry.label for entry in found.left)
        sys.stdout.write(
            "Not written, since a table of the models says it in its own words, or env.py leaves "
            f"it out by include_object:\n  {names}\n"
        )
    return 0


def write_entities(config: Config, file: Path, *, of_target: bool = False) -> Undeclared:
    """Write what no model declares into a new module, and return it.

    config: Alembic's, of the project. of_target: whether it is what the target database has, in
    place of what the revisions build; that is only read. No file is made where there is nothing.
    Raises UserError where the file is there, or nothing can be compared.
    """
    if file.exists():
        raise UserError(f"{file} is there already: name a new file.")
    found: list[Undeclared] = []

    def look(task: AlembicCommand, connection: Connection | None) -> None:
        found.append(_write(task, connection, file))

    command = own_command.OwnCommand("entities", look, on_target=of_target)
    own_command.load_environment(config, command)
    return found[0]


def _write(task: AlembicCommand, connection: Connection | None, file: Path) -> Undeclared:
    models = load_models(task.metadata, task.entities)
    silence_alembic_utils()
    with open_scratch_server(task.root) as databases:
        past = (
            schema_of_revisions(task.root, task.environment, databases)
            if connection is None
            else schema_of_connection(connection, task.environment, databases)
        )
        found = undeclared.find_undeclared(task, databases, models, past.dump)
    if found.declarations:
        package = task.metadata if isinstance(task.metadata, str) else None
        place = undeclared.metadata_expression(models, package)
        source = module.module_source(found.declarations, *place)
        file.write_text(source, encoding="utf-8")
        format_module(file)
    return found


def format_module(file: Path) -> None:
    """Let ruff format the module, where it is installed."""
    if find_spec("ruff"):
        command = [sys.executable, "-m", "ruff", "format", "--quiet", str(file)]
        subprocess.run(command, capture_output=True, check=False)
