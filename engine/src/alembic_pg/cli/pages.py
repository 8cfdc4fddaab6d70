"""Read the arguments of ``alembic-pg pages``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.console.arguments import configuration_of

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "pages",
        help="the schema as pages to look at in a browser, with diagrams",
        description="Write the schema into a folder of HTML: diagrams of the tables and their "
        "keys, a page for each table, view and function, and the history. Open its index.html "
        "from the disk. Without --at, --target and --diff it is what the models declare. The same "
        "schema gives the same bytes, so that the folder can be committed.",
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("pages"),
        metavar="FOLDER",
        help="default: pages",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--at", metavar="REVISION", help="what the revisions build up to this one")
    source.add_argument(
        "--target", action="store_true", help="what the target database has, with sizes"
    )
    source.add_argument(
        "--diff",
        metavar="REVISION:REVISION",
        help="what changes from one revision to another: added, changed, gone",
    )
    parser.add_argument("--title", default="Database schema", help="of the pages")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands.pages import command, sources  # noqa: PLC0415  # one command's

    return command.run(
        configuration_of(options),
        options.folder,
        sources.Wanted(options.title, options.at or "", options.diff or "", options.target),
    )
