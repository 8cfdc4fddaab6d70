"""Folders with the packages of this environment, with or without the engine."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import alembic_pg

_INSTALLED = Path(sysconfig.get_path("purelib"))
_ENGINE = Path(alembic_pg.__file__).parent


def link_packages(folder: Path, *, engine: bool) -> Path:
    """Link all that is installed here into a folder; return it.

    engine: whether the engine is among it. What an editable install has beside it is left out: no
    other way leads from the folder to the engine.
    """
    folder.mkdir(parents=True)
    for entry in _INSTALLED.iterdir():
        if entry.suffix == ".pth" or entry.name == "__pycache__":
            continue
        if entry.name.startswith("alembic_pg") and not (engine and entry.suffix == ".dist-info"):
            continue
        (folder / entry.name).symlink_to(entry)
    if engine:
        (folder / "alembic_pg").symlink_to(_ENGINE)
    return folder
