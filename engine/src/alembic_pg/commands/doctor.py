"""Show on one screen what a command would find: ``alembic-pg doctor``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from alembic_pg.commands import own_command
from alembic_pg.commands.own_command import FOUND, NOTHING
from alembic_pg.console import excepthook
from alembic_pg.doctor import installed, json_form, project, report, servers
from alembic_pg.doctor.check import Check

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand


def run(config: Config, *, as_json: bool) -> int:
    """Print the checks, and return the exit code: 0 nothing is missing, 1 something is."""
    checks = look(config)
    if as_json:
        own_command.print_json(json_form.JSON_FORMAT, json_form.as_object(checks))
    else:
        sys.stdout.write(f"{report.as_text(checks)}\n")
    return FOUND if any(one.cure for one in checks) else NOTHING


def look(config: Config) -> list[Check]:
    """Return what was looked at; the servers are asked only where the project can be read.

    config: Alembic's, of the project.
    """
    of_project = list(project.look(config))
    found = [*installed.look(), *of_project]
    if not any(one.cure for one in of_project if one.name in {"configuration", "env.py"}):
        found += [servers.look_at_scratch(config), *_look_at_target(config)]
    return found


def _look_at_target(config: Config) -> list[Check]:
    """Return the checks of the target, which is found through env.py as alembic upgrade does it."""
    found: list[Check] = []

    def look(task: AlembicCommand, connection: Connection) -> None:
        found.extend(servers.look_at_target(task, connection))

    try:
        own_command.load_environment(config, own_command.OwnCommand("doctor", look))
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what this command tells
        return [Check("servers", "target", "not reached", excepthook.failure_message(error))]
    return found
