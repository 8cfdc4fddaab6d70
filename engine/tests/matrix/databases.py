"""Databases of the matrix: built, filled, asked and compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import compare, pg_dump
from alembic_pg.autogenerate.sides import desired
from alembic_pg.database.connect import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.scope.models import Models
    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import URL
    from tests.matrix.case import Case


# The version of the embedded server, which has all extensions.
NEWEST = 180_000

# A generated column is virtual where nobody says otherwise, which is new in this version.
_VIRTUAL_SINCE = 180_000
_COMPUTED = re.compile(r'(Computed\("[^"]*")\)')


def with_known_columns(databases: ScratchServer, models: str) -> str:
    """Return models that a server knows: before PostgreSQL 18, generated columns are stored."""
    if databases.version >= _VIRTUAL_SINCE:
        return models
    return _COMPUTED.sub(r"\1, persisted=True)", models)


def create_built(databases: ScratchServer, models: Models) -> URL:
    """Return a new database with what the models build, by themselves."""
    url = databases.database_url(databases.create())
    desired.build_models(models, url, source="the tests")
    return url


def build(databases: ScratchServer, models: Models) -> Dump:
    """Return what the models build, by themselves."""
    url = create_built(databases, models)
    built = pg_dump.dump_database(url)
    databases.drop(str(url.database))
    return built


def is_beyond(databases: ScratchServer, case: Case, refusal: Exception) -> bool:
    """Return whether a case's models are refused because a server is too old for them.

    Or because it lacks an extension, which the newest one does not.
    """
    said = str(refusal)
    if not any(words in said for words in ("PostgreSQL refuses", "SQLAlchemy cannot write")):
        return False
    is_left_out = "is not available" in said and databases.version < NEWEST
    return databases.version < case.since * 10_000 or is_left_out


def execute(url: URL, script: str) -> None:
    """Run SQL on a database."""
    with connect(url, source="the tests") as connection, connection.begin():
        connection.exec_driver_sql(script)


def rows(url: URL, query: str) -> list[tuple[object, ...]]:
    """Return what a query finds in a database."""
    with connect(url, source="the tests") as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def differing(one: Dump, other: Dump) -> Iterator[str]:
    """Yield what differs, for the message of a failing test."""
    for key in compare.differing_keys(one, other):
        old, new = one.get(key), other.get(key)
        yield f"{key}\n- {old.text if old else None}\n+ {new.text if new else None}"
