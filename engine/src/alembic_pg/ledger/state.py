"""Digest what a database holds into a short text: its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import compare
from alembic_pg.database.digest import Digest
from alembic_pg.ledger.ledger import DIGITS

if TYPE_CHECKING:
    from collections.abc import Collection

    from alembic_pg.autogenerate.dump.entry import Dump


def state_of_dump(dump: Dump, without: Collection[str] = ()) -> str:
    """Return the state of a database: equal states are equal definitions of equal objects.

    The order of objects, of columns and of files is no part of it, nor is any text of a revision.
    without: the keys of entries that do not count.
    """
    digest = Digest()
    for key in sorted(dump):
        if key not in compare.ADMINISTRATORS_KEYS and key not in without:
            digest.add_text(key, dump[key].text)
    return digest.value[:DIGITS]
