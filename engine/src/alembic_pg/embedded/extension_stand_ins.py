"""Give the embedded server stand-ins for contrib's extensions that its wheel lacks.

pgcrypto and uuid-ossp need libraries that the wheel is built without. Their stand-ins are functions
in SQL with the same signatures, so what models and revisions build is the same; those that cannot
be computed raise an error. The server finds them by extension_control_path (PostgreSQL 18) after
its own: where the wheel has the extension, that is taken. Only embedded servers have them, the one
of scratch databases and the one of development, and never a server that a URL names.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.embedded import cluster, server_files

if TYPE_CHECKING:
    from alembic_pg.embedded.account import Account
    from alembic_pg.embedded.binaries import Binaries

# Inside the data folder, since the server's account may be able to enter no other of ours.
FOLDER = "alembic_pg_extensions"

_SOURCE = Path(__file__).with_name("stand_ins") / "extension"
_FIRST_VERSION = 18
_SEPARATOR = ":"


def provide(folder: Path, runnable: Binaries, account: Account | None) -> list[str]:
    """Return the server's option for its stand-ins, which are put into the data folder.

    folder: the server's. No option where the server or the folder's path allows none.
    Raises OSError.
    """
    data = folder / server_files.DATA
    path = f"{cluster.data_folder_argument(data, account)}/{FOLDER}"
    if int(runnable.major) < _FIRST_VERSION or _SEPARATOR in path:
        return []
    _copy_files(data / FOLDER / "extension", account)
    return [f"-cextension_control_path=$system{_SEPARATOR}{path}"]


def _copy_files(place: Path, account: Account | None) -> None:
    """Write the files anew: an older engine may have left others."""
    with suppress(FileNotFoundError):
        shutil.rmtree(place)
    place.mkdir(parents=True)
    for file in sorted(_SOURCE.iterdir()):
        shutil.copyfile(file, place / file.name)
    for path in (place.parent, place, *place.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
        if account:
            os.chown(path, account.uid, account.gid)
