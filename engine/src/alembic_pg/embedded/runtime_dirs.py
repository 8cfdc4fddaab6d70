"""List the temporary folders that the server's account may enter and may have a socket in."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.embedded import server_files

if TYPE_CHECKING:
    from alembic_pg.embedded.account import Account

_DEFAULT_FOLDERS = ("/tmp", "/var/tmp")  # noqa: S108 - who makes something there checks whose it is
_SOCKET_PATH_LIMIT = 103 if sys.platform == "darwin" else 107  # bytes in a socket's path (unix(7))
_LONGEST_SOCKET_NAME = f"/{server_files.SOCKET_FOLDER_PREFIX}0123456789ab/{server_files.SOCKET}"
# A comma separates hosts for libpq, the others end or escape a quoted name for PostgreSQL.
_UNSAFE_CHARACTERS = frozenset(',"\\')


def usable_folders(account: Account | None) -> list[Path]:
    """Return the folders, the user's own (TMPDIR) first."""
    places = dict.fromkeys(map(Path, (tempfile.gettempdir(), *_DEFAULT_FOLDERS)))
    return [
        place for place in places if place.is_dir() and (not account or account.may_enter(place))
    ]


def socket_folders(account: Account | None) -> list[Path]:
    """Return those in which the folder of a server's socket may be made."""
    return [
        place
        for place in usable_folders(account)
        if len(f"{place}{_LONGEST_SOCKET_NAME}".encode(errors="surrogateescape"))
        <= _SOCKET_PATH_LIMIT
        and not _UNSAFE_CHARACTERS.intersection(str(place))
    ]
