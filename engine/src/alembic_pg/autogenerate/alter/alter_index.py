"""Change what an index is for, and how it is measured: it need not be built anew for that.

pg_dump prints with an index, or with the constraint that has it, whether its table is clustered by
it, whether it is the replica identity, and the statistics targets of its expressions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.sql import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.database.server_features import ServerFeatures

# A statement, without what differs from one index to the next, and what takes it back.
_SETTINGS = (
    (re.compile(r"(ALTER TABLE .*) CLUSTER ON .*;", re.DOTALL), " SET WITHOUT CLUSTER;"),
    (re.compile(r"(ALTER TABLE .* REPLICA IDENTITY) .*;", re.DOTALL), " DEFAULT;"),
    (re.compile(r"(ALTER INDEX .* ALTER COLUMN \d+ SET STATISTICS) \d+;", re.DOTALL), " -1;"),
)


def alter_statements(old: Entry, new: Entry, dump: Dump, _: ServerFeatures) -> list[str] | None:
    """Return what changes the settings of an index, None where more of it differs.

    dump: has everything of before and after, as it is afterwards.
    """
    old_first, *before = split.script_statements(old.create)
    new_first, *after = split.script_statements(new.create)
    if old_first != new_first or not all(map(_resetting, [*before, *after])):
        return None
    gone = [statement for statement in before if statement not in after]
    others = [
        statement
        for entry in dump.values()
        if entry.key != new.key and ("CLUSTER ON" in entry.create or "REPLICA" in entry.create)
        for statement in split.script_statements(entry.create)
    ]
    added = [statement for statement in after if statement not in before]
    return [*_resets(gone, [*after, *others]), *added]


def _resets(gone: list[str], said: list[str]) -> Iterator[str]:
    """Yield what takes settings back. said: the statements that may set the same anew."""
    for statement in gone:
        reset = _resetting(statement)
        if reset not in {_resetting(one) for one in said}:
            yield reset


def _resetting(statement: str) -> str:
    """Return what takes a setting back, whatever it is; "" of another statement."""
    for pattern, reset in _SETTINGS:
        if match := pattern.fullmatch(statement.strip()):
            return f"{match[1]}{reset}"
    return ""
