"""Tell which tables a foreign key is between."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Dump, Entry


def key_ends(dump: Dump, foreign_key: Entry) -> tuple[str, set[str]]:
    """Return the key of the table that has a foreign key, and of those that it refers to.

    The first is "" where the dump has no such table.
    """
    tables = {
        table
        for need in foreign_key.needs
        for table in (need, *(dump[need].needs if need in dump else ()))
        if table in dump and dump[table].kind == "TABLE"
    }
    place = f"TABLE {foreign_key.schema}."
    owners = [
        one
        for one in tables
        if one.startswith(place) and foreign_key.name.startswith(f"{dump[one].name} ")
    ]
    # Of "a" and "a b" the longer one: names may have spaces.
    own = max(owners, key=len, default="")
    return own, tables - {own}
