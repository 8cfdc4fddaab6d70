"""Read the arguments of ``alembic-pg drift``."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from pathlib import Path
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
        "its rows are not. Exit codes: 0 nothing differs, or it is answered, 1 something does, or "
        "its revision is missing, 2 could not tell.",
    )
    parser.add_argument(
        "objects",
        nargs="*",
        metavar="OBJECT",
        help='only these: "index votes_post_id_idx", "column votes.*"',
    )
    answer = parser.add_mutually_exclusive_group()
    answer.add_argument("--back", type=Path, metavar="FILE", help="write what takes it back")
    answer.add_argument(
        "--into-models",
        type=Path,
        metavar="FILE",
        help="edit the models, and write a module for the rest",
    )
    answer.add_argument(
        "--ignore",
        type=_reason,
        metavar="REASON",
        help="note it in the file drift-ignore",
    )
    answer.add_argument("--ask", action="store_true", help="ask for each what is to be done")
    parser.add_argument(
        "--at", default="", metavar="REVISION", help="compare with this one, not with its own"
    )
    parser.add_argument("--diff", action="store_true", help="print the definitions, too")
    parser.add_argument(
        "--json", action="store_true", help="for a program; docs/json.md has the form"
    )
    parser.set_defaults(run=_run)


def _reason(text: str) -> str:
    """Return a reason. Raises ArgumentTypeError for none."""
    if not text.strip():
        raise ArgumentTypeError("what is ignored needs a reason")
    return text


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands import drift  # noqa: PLC0415  # one command's

    if options.json and (options.back or options.into_models or options.ignore or options.ask):
        sys.stderr.write("alembic-pg drift: error: an answer is told in words: leave out --json\n")
        return 2
    asked = drift.Asked(
        objects=tuple(options.objects),
        ignore=options.ignore or "",
        back=options.back,
        into_models=options.into_models,
        ask=options.ask,
    )
    return drift.run(
        configuration_of(options),
        diffs=options.diff,
        as_json=options.json,
        at=options.at,
        asked=asked,
    )
