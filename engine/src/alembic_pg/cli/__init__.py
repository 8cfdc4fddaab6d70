"""Run the engine's own commands: ``alembic-pg COMMAND``; Alembic's verbs stay with ``alembic``."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from alembic_pg.cli import (
    completion,
    doctor,
    drift,
    entities,
    ledger,
    lint,
    mermaid,
    options,
    pages,
    plan,
    preflight,
    psql,
    rebase,
    reset,
    serve,
)
from alembic_pg.console import activation

if TYPE_CHECKING:
    from collections.abc import Sequence

# Each has a module here, which imports what the command needs only when it runs.
_COMMANDS = (
    plan,
    preflight,
    drift,
    ledger,
    rebase,
    entities,
    reset,
    lint,
    pages,
    mermaid,
    doctor,
    options,
    psql,
    serve,
    completion,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that was typed, and exit with its code.

    arguments: what follows the program's name, sys.argv's where none are given.
    """
    activation.install_once()
    own = list(sys.argv[1:] if arguments is None else arguments)
    at = own.index("psql") + 1 if "psql" in own else len(own)
    parser = make_parser()
    typed = parser.parse_args(own[:at])
    typed.parser = parser  # of which a shell's completion is written
    typed.rest = own[at:]  # psql's own, which argparse would take for ours
    with activation.status_line():
        code = typed.run(typed)
    sys.exit(code)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the program, with all of its commands."""
    parser = argparse.ArgumentParser(
        prog="alembic-pg",
        description="Commands of the engine beside those of alembic; COMMAND --help says more.",
    )
    parser.add_argument(
        "-c", "--config", action="append", help="alembic.ini or pyproject.toml, as for alembic"
    )
    parser.add_argument("-n", "--name", default="alembic", help="the section of the ini file")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add(commands)
    return parser
