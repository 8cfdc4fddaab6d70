"""An account that is not root, and what it can run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.embedded import programs
from alembic_pg.embedded.account import Account
from tests.embedded.folders import open_to_all

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]

# What use.py needs, for an account that cannot come to this environment.
PACKAGES = (
    "alembic",
    "mako",
    "markupsafe",
    "psycopg2",
    "psycopg2_binary.libs",
    "sqlalchemy",
    "typing_extensions.py",
    programs.PACKAGE,
    f"{programs.PACKAGE}.libs",
)
# The many files below Python's and the server's folders that it does not.
NEEDLESS = {"ensurepip", "idlelib", "include", "site-packages", "test"}


@dataclass(frozen=True)
class Ordinary:
    """An account that is not root, a project and a Python which it can read."""

    uid: int | None
    gid: int | None
    python: Path
    path: Path  # for PYTHONPATH
    libraries: Path | None = None  # where a copied Python finds its libpython

    def owned(self, folder: Path) -> Path:
        """Give a folder to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)
        return folder


@contextmanager
def account() -> Iterator[Ordinary]:
    """Yield an ordinary account: the caller's, or for root nobody's with copies to read."""
    if os.geteuid() != 0:
        yield Ordinary(None, None, Path(sys.executable), PROJECT)
        return
    nobody = pwd.getpwnam("nobody")
    with open_to_all() as place:
        packages = programs.site_packages()
        assert packages
        account = Account(nobody.pw_uid, nobody.pw_gid)
        for source, name in (
            *((packages, name) for name in PACKAGES),
            (PROJECT / "src", "alembic_pg"),
            (PROJECT, "tests"),
        ):
            if account.may_enter(source):
                (place / name).symlink_to(source / name)
            else:
                link(source / name, place / name)
        python = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
        libraries = None
        try:
            subprocess.run([python, "-c", ""], user=nobody.pw_uid, cwd="/", check=True)
        except PermissionError:  # it lies in root's home
            link(Path(sys.base_prefix), place / "python")
            python = place / "python" / python.relative_to(sys.base_prefix)
            libraries = place / "python" / "lib"
        yield Ordinary(nobody.pw_uid, nobody.pw_gid, python, place, libraries)


def link(source: Path, target: Path) -> None:
    """Copy a file or a folder for others to read, by hard links where that is possible."""
    if source.is_dir():
        target.mkdir(parents=True)
        target.chmod(0o755)
        for part in source.iterdir():
            if part.name not in NEEDLESS:
                link(part, target / part.name)
    elif source.stat().st_mode & 0o004:
        try:
            target.hardlink_to(source)
        except OSError:
            shutil.copy(source, target)
    else:
        shutil.copy(source, target)
        target.chmod(0o755)
