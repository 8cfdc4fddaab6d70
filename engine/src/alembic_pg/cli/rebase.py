"""Read the arguments of ``alembic-pg rebase``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.console.arguments import configuration_of

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "rebase",
        help="put this branch's revisions after those of another branch",
        description="Put this branch's revisions after those of another branch of git: in the "
        "middle of git merge or git rebase, with the conflict in the file ledger, or after. Both "
        "orders are built on scratch databases; where they do not build the same, or a downgrade "
        "leads back no more, nothing is written. Of a revision's file only its down_revision "
        "changes. Exit codes: 0 they come last, 1 they do not, or the models say otherwise, 2 it "
        "could not be told.",
    )
    parser.add_argument(
        "base",
        nargs="?",
        default="",
        metavar="BASE",
        help="the other branch, or any git revision; default: the main branch",
    )
    parser.add_argument(
        "--anyway", action="store_true", help="move them also where the order makes a difference"
    )
    parser.add_argument(
        "--json", action="store_true", help="for a program; docs/json.md has the form"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands import rebase  # noqa: PLC0415  # one command's

    return rebase.run(
        configuration_of(options), base=options.base, anyway=options.anyway, as_json=options.json
    )
