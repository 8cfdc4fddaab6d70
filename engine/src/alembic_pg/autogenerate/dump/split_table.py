"""Split a table's entry into the table and its CHECK constraints, which are compared one by one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import brackets, table_definition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import Entry

_CHECK = re.compile(r'CONSTRAINT (?P<name>"(?:[^"]|"")*"|[^\s"]+) CHECK ')


def split_off_checks(entry: Entry) -> Iterator[Entry]:
    """Yield a table's entry without its CHECK constraints, then each of them.

    Every other kind of entry is yielded as it is.
    """
    head = table_definition.CREATE_TABLE.match(entry.create) if entry.kind == "TABLE" else None
    if head is None:
        yield entry
        return
    items, end = brackets.bracketed_items(entry.create, head.end())
    checks = [(item, match) for item in items if (match := _CHECK.match(item))]
    body = [item for item in items if not _CHECK.match(item)]
    yield table_definition.replace_items(entry, head.end(), end, body)
    table = head["name"]
    for check, match in checks:
        name = match["name"]
        yield replace(
            entry,
            kind="CHECK CONSTRAINT",
            name=f"{entry.name} {table_definition.unquote_name(name)}",
            create=f"ALTER TABLE {table}\n    ADD {check};",
            drop=f"ALTER TABLE {table} DROP CONSTRAINT {name};",
            needs=(*entry.needs, entry.key),
        )
