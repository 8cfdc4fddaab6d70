"""Read the arguments of ``alembic-pg reset``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.console.arguments import configuration_of

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "reset",
        help="throw the embedded database away, with its rows",
        description="Throw away the embedded database of this project, with all rows and roles: "
        "the folder .postgres/target. It asks before. Any other database is left alone: while "
        "DATABASE_URL or sqlalchemy.url names one, the command is refused. Afterwards, alembic "
        "upgrade head builds the database anew.",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands import reset  # noqa: PLC0415  # one command's

    return reset.run(configuration_of(options), confirmed=options.yes)
