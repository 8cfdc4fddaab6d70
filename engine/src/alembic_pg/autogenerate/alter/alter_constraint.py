"""Change whether a CHECK or foreign key is valid: PostgreSQL validates it where it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.database.server_features import ServerFeatures

_ADD = re.compile(
    r"(?P<table>ALTER TABLE (?:ONLY )?.*?)\n    ADD (?P<name>CONSTRAINT "
    r'(?:"(?:[^"]|"")*"|[^\s"]+)) (?P<text>.*?)(?P<not_valid> NOT VALID)?;$',
    re.DOTALL,
)


def alter_statements(old: Entry, new: Entry, _: Dump, __: ServerFeatures) -> list[str] | None:
    """Return what makes a constraint valid or NOT VALID, None where more of it differs."""
    one, other = _ADD.match(old.create), _ADD.match(new.create)
    if one is None or other is None or one["text"] != other["text"]:
        return None
    if one["not_valid"] and not other["not_valid"]:
        return [f"{other['table'].replace(' ONLY ', ' ', 1)} VALIDATE {other['name']};"]
    return [old.drop, new.create]
