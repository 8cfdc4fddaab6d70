"""Read the arguments of ``alembic-pg entities``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.console.arguments import configuration_of

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "entities",
        help="declare what the revisions build and no model declares",
        description="Write functions, triggers, views, policies, extensions, rights and the like "
        "that the revisions build and no model declares into a new module, as entities of "
        "alembic-utils and as DDL, so that alembic check is clean of them.",
    )
    parser.add_argument("file", metavar="FILE", help="the module: models/declared.py")
    parser.add_argument(
        "--target", action="store_true", help="what the target database has, not the revisions"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands import entities  # noqa: PLC0415  # one command's

    file = Path(options.file)
    return entities.run(configuration_of(options), file, of_target=options.target)
