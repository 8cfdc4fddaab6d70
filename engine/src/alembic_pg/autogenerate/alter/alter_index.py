"""Change what an index is for, and how it is kept: it need not be built anew for that.

pg_dump prints with an index, or with the constraint that has it, its storage parameters, whether
its table is clustered by it, whether it is the replica identity, and the statistics targets of its
expressions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import table_settings
from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.sql import split
from alembic_pg.sql.quoting import quote_name

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

# What a B-tree heeds at its next insertion. Others, as BRIN's pages_per_range, only tell how it is
# built, or their change keeps readers out (PostgreSQL, CREATE INDEX, ALTER INDEX).
_HEEDED_AT_ONCE = {"deduplicate_items", "fillfactor"}

_INDEX = re.compile(rf"CREATE (?:UNIQUE )?INDEX ({table_definition.NAME.pattern}) ON (?!ONLY )")


def alter_statements(old: Entry, new: Entry, dump: Dump, _: ServerFeatures) -> list[str] | None:
    """Return what changes the settings of an index, None where more of it differs.

    dump: has everything of before and after, as it is afterwards.
    """
    old_first, *before = split.script_statements(old.create)
    new_first, *after = split.script_statements(new.create)
    old_rest, old_parameters = table_settings.split_parameters(old_first)
    new_rest, new_parameters = table_settings.split_parameters(new_first)
    if old_rest != new_rest or not all(map(_resetting, [*before, *after])):
        return None
    parameters = table_settings.parameter_changes(old_parameters, new_parameters)
    if parameters and not _can_set_parameters(new, dump, old_parameters, new_parameters):
        return None
    gone = [statement for statement in before if statement not in after]
    others = [
        statement
        for entry in dump.values()
        if entry.key != new.key and ("CLUSTER ON" in entry.create or "REPLICA" in entry.create)
        for statement in split.script_statements(entry.create)
    ]
    added = [statement for statement in after if statement not in before]
    index = _index_name(new)
    return [
        *(f"ALTER INDEX {index} {change};" for change in parameters),
        *_resets(gone, [*after, *others]),
        *added,
    ]


def _can_set_parameters(index: Entry, dump: Dump, old: dict[str, str], new: dict[str, str]) -> bool:
    """Return whether these parameters are heeded at once, and PostgreSQL sets them.

    It does not set those of a partitioned table's index.
    """
    tables = [
        table
        for key in index.needs
        if (entry := dump.get(key)) and (table := table_definition.parse_entry(entry))
    ]
    return (
        {name for name, _ in old.items() ^ new.items()} <= _HEEDED_AT_ONCE
        and bool(_index_name(index))
        and not any("PARTITION BY" in table.options for table in tables)
    )


def _index_name(entry: Entry) -> str:
    """Return the name of an index or of a constraint's index, "" of a partitioned table's index."""
    found = _INDEX.match(entry.create)
    name = found[1] if found else table_definition.constraint_name(entry.create)
    return f"{quote_name(entry.schema)}.{name}" if name else ""


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
