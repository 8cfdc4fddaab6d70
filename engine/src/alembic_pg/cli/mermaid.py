"""Read the arguments of ``alembic-pg mermaid``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.console.arguments import configuration_of

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "mermaid",
        help="a diagram of the tables' keys in a Markdown file",
        description="Write the tables and keys that the models declare into Markdown files as a "
        "diagram in Mermaid's language, which code hosts draw: between the lines "
        "<!-- alembic-pg mermaid --> and <!-- end --> of each. Exit codes: 0 they have it, 1 with "
        "--check: one has another one.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="README.md, say")
    parser.add_argument("--check", action="store_true", help="write nothing, tell what is old")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands.pages import mermaid  # noqa: PLC0415  # one command's

    return mermaid.run(configuration_of(options), options.files, check=options.check)
