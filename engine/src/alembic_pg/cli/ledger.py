"""Read the arguments of ``alembic-pg ledger``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.console.arguments import configuration_of

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "ledger",
        help="write or verify the states that the revisions build",
        description="Write the file ledger beside env.py: a line for each revision, with the state "
        "of a database before and after it. alembic revision and merge keep it; alembic check "
        "verifies it. Exit codes: 0 it is right, 1 it is not, 2 it could not be told.",
    )
    parser.add_argument(
        "--verify",
        nargs="?",
        const="",
        metavar="BASE",
        help="write nothing, and tell what is wrong; also, what is otherwise than in a git "
        "revision, whose lines are taken for verified",
    )
    parser.add_argument(
        "--landed", action="store_true", help="write also what the main branch has otherwise"
    )
    parser.add_argument(
        "--json", action="store_true", help="for a program; docs/json.md has the form"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands import ledger  # noqa: PLC0415  # one command's

    return ledger.run(
        configuration_of(options),
        verify=options.verify,
        also_landed=options.landed,
        as_json=options.json,
    )
