"""Digest all that a cache was made of, so that a change of any of it is noticed.

The engine's own code is a part of it: another version may read a database differently.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DISTRIBUTION = "alembic-pg"
PACKAGE_FOLDER = Path(__file__).parent.parent


class Digest:
    """A digest that grows with each input; equal digests mean equal inputs in equal order."""

    def __init__(self, *texts: str) -> None:
        self._hash = hashlib.sha256()
        self.add_text(*texts)

    def add_text(self, *texts: str) -> None:
        """Add texts."""
        for text in texts:
            self._hash.update(f"{text}\0".encode())

    def add_file(self, name: str, path: str | Path) -> None:
        """Add a file's name and content, or its name and that it cannot be read."""
        try:
            with open(path, "rb") as file:  # noqa: PTH123  # hundreds of them
                content = hashlib.sha256(file.read()).hexdigest()
        except OSError:
            content = "missing"
        self.add_text(name, content)

    def copy(self) -> Digest:
        """Return a digest of the same inputs, which grows by itself."""
        other = Digest()
        other._hash = self._hash.copy()  # its own kind
        return other

    @property
    def value(self) -> str:
        """The digest of what was added until now, 64 hexadecimal digits."""
        return self._hash.hexdigest()


def cache_digest(*texts: str) -> Digest:
    """Return a digest that begins with the engine's code and some texts."""
    return Digest(engine_digest(PACKAGE_FOLDER), *texts)


@cache
def engine_digest(folder: Path) -> str:
    """Return what changes with the engine's code; it is read once in a process.

    An installed copy has a record of its version and files. Without one, when it is installed
    editable or only on the path, its files are read.
    folder: the engine's package.
    """
    record = _installation_record(folder)
    if record:
        return Digest(record).value
    digest = Digest()
    beginning = len(str(folder)) + 1
    for file in code_files(folder):
        digest.add_file(file[beginning:].replace(os.sep, "/"), file)
    return digest.value


def code_files(folder: Path) -> Iterator[str]:
    """Yield the paths of the files of the engine's code, in an order that is always the same."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (f"{place}{os.sep}{name}" for name in sorted(names) if name.endswith(".py"))


def _installation_record(folder: Path) -> str:
    """Return the version and the digests of the files as pip noted them, "" where it did not."""
    try:
        installed = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return ""
    record = installed.read_text("RECORD") or ""
    first = f"{folder.name}/__init__.py"
    if f"{first}," not in record or Path(str(installed.locate_file(first))).parent != folder:
        return ""  # it is the record of an editable installation, or of another copy
    return f"{installed.version}\n{record}"
