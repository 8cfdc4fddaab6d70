"""Read the arguments of ``alembic-pg plan``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "plan",
        help="what an upgrade would do to the target database, without doing it",
        description="Show what alembic upgrade REVISION would do to the target database: for each "
        "statement its lock, the way it is run, and the size of its table; and what it destroys "
        "or breaks. Nothing is done. The same as: alembic -x plan upgrade REVISION",
    )
    parser.add_argument(
        "revision", nargs="?", default="head", metavar="REVISION", help="default: head"
    )
    parser.add_argument(
        "-x", action="append", default=[], metavar="OPTION", help="an option, as for alembic -x"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands import plan  # noqa: PLC0415  # one command's

    plan.run(options.revision, options.x, options.config or (), options.name)
    return 0
