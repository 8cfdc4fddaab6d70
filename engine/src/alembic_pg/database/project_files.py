"""Name the files that the engine keeps in a project; write one, and the folder of its caches."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DATA_FOLDER = ".postgres"

# The files beside env.py that no revision reads: the states of the history, what it makes of
# tables, and what drift is not told.
LEDGER_FILE = "ledger"
LEDGER_PARTS_FILE = "ledger-tables"
DRIFT_IGNORE_FILE = "drift-ignore"


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


def write_whole(file: Path, text: str) -> None:
    """Write a file so that whoever reads it meanwhile has the old text or the new one.

    Raises OSError where it cannot be written.
    """
    temporary = file.with_suffix(f".{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)
