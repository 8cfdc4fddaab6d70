"""Read the arguments of ``alembic-pg drift``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.console.arguments import configuration_of

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "drift",
        help="what somebody changed by hand in the target database",
        description="Compare the target database with what the revisions build up to the revision "
        "that it is at, and list what is missing, extra or changed. The database is only read; "
        "its rows are not. Exit codes: 0 nothing differs, 1 something does, 2 could not tell.",
    )
    parser.add_argument(
        "--at", default="", metavar="REVISION", help="compare with this one, not with its own"
    )
    parser.add_argument("--diff", action="store_true", help="print the definitions, too")
    parser.add_argument(
        "--json", action="store_true", help="for a program; docs/drift.md has the form"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands import drift  # noqa: PLC0415  # one command's

    return drift.run(
        configuration_of(options), diffs=options.diff, as_json=options.json, at=options.at
    )
