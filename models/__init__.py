"""The schema: importing this package imports every module below it.

A table counts because its file is here: no list of imports can forget one, and no folder needs an
``__init__.py``.
"""

from __future__ import annotations

import importlib
import traceback
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

__all__ = ["Base", "ModelImportError"]


class ModelImportError(ImportError):
    """A module of the models cannot be imported; the text names it and says why."""


def _import_modules() -> None:
    """Import every module below this package.

    Raises ModelImportError with the name of the module at fault, and the reason in one line.
    """
    for module in _modules(resources.files(__name__), __name__):
        try:
            importlib.import_module(module)
        except (Exception, SystemExit) as error:  # a script that nobody is to run
            reason = " ".join(str(error).split())
            name = _at_fault(error) or module
            raise ModelImportError(
                f"{name} cannot be imported: {type(error).__name__}: {reason}", name=name
            ) from error


def _modules(folder: Traversable, package: str) -> Iterator[str]:
    """Yield the names of the modules in a folder and those below it."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name = entry.name.removesuffix(".py")
        if not name.isidentifier():  # what an editor left, a text, a compiled file
            continue
        if entry.is_dir():
            yield from _modules(entry, f"{package}.{name}")
        elif name == "__init__":
            yield package
        elif name != entry.name:
            yield f"{package}.{name}"


def _at_fault(error: BaseException) -> str | None:
    """Return the module of this package in which an error arose; others only import it."""
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        files.append(error.filename)
    root = Path(__file__).parent
    places = [Path(file).relative_to(root) for file in files if Path(file).is_relative_to(root)]
    names = [part for part in places[-1].with_suffix("").parts if part != "__init__"]
    return ".".join([__name__, *names]) if names else None


_import_modules()

from models.base import Base  # noqa: E402  # it is among them, and its errors are told as theirs
