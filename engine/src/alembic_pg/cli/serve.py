"""Read the arguments of ``alembic-pg serve``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.console.arguments import configuration_of

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "serve",
        help="keep the embedded server up, and print how pgAdmin or DBeaver connect to it",
        description="Keep the embedded server up until Ctrl-C, and print how other programs "
        "connect to it: host, port, database, user, and a password that is made for this time. "
        "Only programs of this machine can connect.",
    )
    parser.add_argument("--port", type=int, default=0, help="default: one that is free")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands import serve  # noqa: PLC0415  # one command's

    return serve.run(configuration_of(options), port=options.port)
