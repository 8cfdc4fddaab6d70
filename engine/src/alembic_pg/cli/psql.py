"""Read the arguments of ``alembic-pg psql``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.console.arguments import configuration_of

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "psql", help="psql on the target database; psql's own arguments follow"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands import psql  # noqa: PLC0415  # one command's

    rest = options.rest[1:] if options.rest[:1] == ["--"] else options.rest
    return psql.run(configuration_of(options), rest)
