"""Make the folder in which the engine keeps files of a project: caches, the embedded server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DATA_FOLDER = ".postgres"


def make_data_folder(root: Path) -> Path:
    """Return the folder of a project's data, made where it is missing; git leaves it out.

    root: the folder of the configuration file. Raises OSError where nothing can be written.
    """
    folder = root / DATA_FOLDER
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    return folder
