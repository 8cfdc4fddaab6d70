"""Change the options of a foreign server, data wrapper, table or user mapping where they stand.

What hangs on it stays: a view on a foreign table, its grants.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import brackets, table_definition
from alembic_pg.sql.quoting import QUALIFIED_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.database.server_features import ServerFeatures

_CREATE = re.compile(
    rf"CREATE (?P<name>(?:SERVER|FOREIGN DATA WRAPPER|FOREIGN TABLE) {QUALIFIED_NAME}"
    rf"|USER MAPPING FOR {QUALIFIED_NAME} SERVER {QUALIFIED_NAME})"
)


def alter_statements(old: Entry, new: Entry, _: Dump, __: ServerFeatures) -> list[str] | None:
    """Return what changes the options, None where more of it differs.

    pg_dump does not say that user mappings depend on their server, so that it cannot be dropped.
    """
    (old_head, old_options), (new_head, new_options) = map(_split_options, (old.create, new.create))
    name = _CREATE.match(new_head)
    if name is None or old_head != new_head:
        return None
    changes = ", ".join(_changes(old_options, new_options))
    return [f"ALTER {name['name']} OPTIONS ({changes});"] if changes else []


def _split_options(create: str) -> tuple[str, dict[str, str]]:
    """Return what stands before the options, and their values by name, each as it is quoted."""
    start, _, items = next(brackets.lists_behind(create, "OPTIONS"), (0, 0, []))
    if not start:
        return create.removesuffix(";"), {}
    names = [match[0] for item in items if (match := table_definition.NAME.match(item))]
    values = [item[len(name) :].strip() for name, item in zip(names, items, strict=True)]
    return create[:start].removesuffix(" OPTIONS "), dict(zip(names, values, strict=True))


def _changes(old: dict[str, str], new: dict[str, str]) -> Iterator[str]:
    for name, value in new.items():
        if old.get(name) != value:
            yield f"{'SET' if name in old else 'ADD'} {name} {value}"
    yield from (f"DROP {name}" for name in old if name not in new)
