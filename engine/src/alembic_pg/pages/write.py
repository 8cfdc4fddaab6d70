"""Write pages into a folder that holds nothing else."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Lists the files of the last run, by which a folder is known as ours.
MANIFEST = "files.json"


def require_own_folder(folder: Path) -> list[str]:
    """Return the files that an earlier run wrote into a folder, none where it is new or empty.

    Raises UserError where it holds something that no run has written.
    """
    if folder.is_dir() and (folder / MANIFEST).is_file():
        try:
            return [
                name for name in json.loads((folder / MANIFEST).read_text()) if _is_inside(name)
            ]
        except (ValueError, TypeError) as error:
            raise UserError(f"{folder / MANIFEST} cannot be read: remove {folder}.") from error
    if folder.is_dir() and not any(folder.iterdir()):
        return []
    if folder.exists():
        raise UserError(
            f"{folder} holds something that alembic-pg pages has not written: name a new folder. "
            "Nothing was written."
        )
    return []


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files into a folder, and remove those of the last run that are no longer written.

    files: texts by their paths. What is the same already is left as it is.
    Raises UserError where the folder is not one of ours, or cannot be written.
    """
    last = require_own_folder(folder)
    try:
        for name in last:
            if name not in files:
                (folder / name).unlink(missing_ok=True)
        manifest = json.dumps(sorted(files), indent=0)
        for name, content in {MANIFEST: f"{manifest}\n", **files}.items():
            _write(folder / name, content.encode())
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}.") from error


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name
    )


def _write(file: Path, content: bytes) -> None:
    if file.is_file() and file.read_bytes() == content:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
