"""psql on the target: ``python -m ddl.psql``, with psql's own arguments after it.

psql is the embedded server's own, so that there is one wherever the development dependencies
are, of the version that the server has.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ddl.console import uncaught
from ddl.database import target
from ddl.embedded import programs
from ddl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]


def run(arguments: Sequence[str]) -> int:
    """Run psql on the target until the user leaves it, and return its exit code.

    The embedded server lives at least as long: this process holds its lease.
    Raises UserError when there is no psql or no target.
    """
    program = programs.find("psql")
    if program is None:
        raise UserError("psql comes with the development dependencies: install them.")
    from ddl.compare import dump  # noqa: PLC0415  # what it imports comes with them, too

    place = target.find(ROOT)
    # Ctrl-C is psql's, which stops a query with it; a handler, unlike "ignore", is not inherited.
    signal.signal(signal.SIGINT, lambda *_: None)
    done = subprocess.run([program, *arguments], env=dump.environment(place.url), check=False)
    return done.returncode


if __name__ == "__main__":
    uncaught.install()
    sys.exit(run(sys.argv[1:]))
