"""Read the arguments of ``alembic-pg options``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "options", help="the -x options of the alembic command, and the variables"
    )
    parser.add_argument(
        "--markdown", action="store_true", help="as a page, which is docs/options.md"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.console import option_list  # noqa: PLC0415  # one command's

    sys.stdout.write(option_list.page() if options.markdown else f"{option_list.screen_text()}\n")
    return 0
