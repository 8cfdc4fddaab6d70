"""The arguments of the alembic command, as Alembic's own parser reads them."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import CommandLine

from ddl.errors import UserError

if TYPE_CHECKING:
    from argparse import Namespace


def is_alembic() -> bool:
    """Return whether this process is the alembic command, not a caller of its Python API."""
    program = Path(sys.argv[0])
    return program.stem == "alembic" or program.parts[-2:] == ("alembic", "__main__.py")


def require_message() -> None:
    """Raise UserError when a revision is made without saying what it is for."""
    options = _options()
    if options is None or not hasattr(options, "cmd"):
        return
    if options.cmd[0] in {command.revision, command.merge} and not (options.message or "").strip():
        raise UserError('A revision needs a message: add -m "what it does".')


def _options() -> Namespace | None:
    """Return the parsed arguments, or None where Alembic itself refuses them."""
    with contextlib.suppress(SystemExit):
        return CommandLine(prog="alembic").parser.parse_args(sys.argv[1:])
    return None
