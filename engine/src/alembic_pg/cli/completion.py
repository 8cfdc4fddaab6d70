"""Read the arguments of ``alembic-pg completion``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    import argparse

_SHELLS = ("bash", "zsh", "tcsh")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "completion",
        help="print a script that completes alembic-pg in a shell",
        description="Print a script with which a shell completes the commands and options of "
        "alembic-pg. For bash: alembic-pg completion bash > "
        "~/.local/share/bash-completion/completions/alembic-pg",
    )
    parser.add_argument("shell", choices=_SHELLS)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    try:
        import shtab  # noqa: PLC0415  # only this command needs it
    except ImportError as error:
        raise UserError("Install what writes it first: pip install shtab") from error
    sys.stdout.write(f"{shtab.complete(options.parser, options.shell)}\n")
    return 0
