"""Choose the account that runs the embedded server: PostgreSQL refuses root ("Server Setup")."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Account:
    """An unprivileged account that root becomes to run the server."""

    uid: int
    gid: int

    def may_enter(self, folder: Path) -> bool:
        """Return whether the mode bits of the folder and of its parents let the account pass."""
        for place in (folder, *folder.parents):
            status = place.stat()
            owner, group, others = (status.st_mode & bit for bit in (0o100, 0o010, 0o001))
            mine = group if status.st_gid == self.gid else others
            if not (owner if status.st_uid == self.uid else mine):
                return False
        return True


def choose_account(data: Path, environment: Mapping[str, str] = os.environ) -> Account | None:
    """Return the account that runs the server whose cluster is (or will be) in ``data``.

    None means "as we are", for everybody but root. For root it is the owner of the cluster
    when there is one, else who called sudo, else ``postgres``, else ``nobody``. The new owner
    of a cluster must be listed in passwd: initdb looks its name up. Raises UserError when
    there is no such account.
    """
    if os.geteuid() != 0:
        return None
    with suppress(FileNotFoundError):
        status = data.stat()
        if status.st_uid != 0:
            return Account(status.st_uid, status.st_gid)
    names: list[int | str] = ["postgres", "nobody"]
    caller = environment.get("SUDO_UID", "")
    if caller.isdecimal():
        names.insert(0, int(caller))
    for name in names:
        with suppress(KeyError, OverflowError):
            entry = pwd.getpwuid(name) if isinstance(name, int) else pwd.getpwnam(name)
            if entry.pw_uid != 0:
                return Account(entry.pw_uid, entry.pw_gid)
    raise UserError(
        "PostgreSQL refuses to run as root, and there is no account postgres or nobody here: "
        "set DATABASE_URL, or call this as an ordinary user.",
    )
