"""A database before a change and after it, by PostgreSQL's own statements or by ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.testing import state
from hypothesis import reject
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.online.site import Site
    from tests.property.changes import Change

# A uuid, or the time of the run.
_RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|202[1-9]-.*")

_TABLES = """
SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relname <> 'alembic_version'
  AND relnamespace IN ('public'::regnamespace, 's'::regnamespace) ORDER BY 1
"""


def begin_or_reject(site: Site, change: Change) -> None:
    """Let the database be as before the change; leave out a change where that is impossible."""
    try:
        begin(site, change)
    except DBAPIError:
        reject()


def plainly(site: Site, change: Change) -> tuple[object, ...] | None:
    """Return what PostgreSQL makes of the statements, None where it refuses one."""
    try:
        for statement in change.statements:
            site.sql(colons(statement))
    except DBAPIError:
        return None
    return outcome(site)


def colons(sql: str) -> str:
    """Return a statement in which nothing looks like a parameter."""
    return re.sub(r"(?<!:):(?=\w)", r"\\:", sql)


def begin(site: Site, change: Change) -> None:
    """Let the database be as before the change."""
    site.sql("DROP SCHEMA IF EXISTS s CASCADE")
    site.clean()
    site.sql(*map(colons, change.setup))


def outcome(site: Site) -> tuple[object, ...]:
    """Return the schema, with columns in any order, and the rows."""
    dumped = {
        key: sorted(line.rstrip(",") for line in entry.create.splitlines())
        for key, entry in state.schema(site.url).items()
    }
    return dumped, {name: list(_values(site, name)) for (name,) in site.rows(_TABLES)}


def _values(site: Site, table: str) -> Iterator[str]:
    """Yield the rows of a table in any order, and by themselves the values of new columns."""
    fresh: dict[str, list[str]] = {}
    found = []
    for (row,) in site.rows(f"SELECT to_jsonb(r) FROM {table.replace(':', '')} AS r"):  # noqa: S608  # ours
        for name in [name for name in row if name.startswith("new ")]:
            fresh.setdefault(name, []).append(_RANDOM.sub("random", str(row.pop(name))))
        found.append(str(sorted(row.items())))
    yield from sorted(found)
    yield from (f"{name}: {sorted(values)}" for name, values in sorted(fresh.items()))
