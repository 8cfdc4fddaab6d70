"""Read the arguments of ``alembic-pg doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.console.arguments import configuration_of

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "doctor",
        help="what is installed, which servers are used, what is missing",
        description="Show on one screen what is installed, which project and which servers the "
        "commands find, and what is missing, without any password: paste it into a bug report. "
        "Exit codes: 0 nothing is missing, 1 something is.",
    )
    parser.add_argument(
        "--json", action="store_true", help="for a program; docs/json.md has the form"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands import doctor  # noqa: PLC0415  # one command's

    return doctor.run(configuration_of(options), as_json=options.json)
