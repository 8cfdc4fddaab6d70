"""Read what a command may have changed: the database it ran on, and the tree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.database.connect import make_engine

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.testing.tree import Tree


@dataclass(frozen=True)
class State:
    """The schema, the revisions in alembic_version (None without it), and the tree's own files."""

    schema: Dump
    versions: list[str] | None
    files: dict[str, bytes]


def read_state(tree: Tree) -> State:
    """Return the state of a tree and of its target."""
    target = target_url(tree)
    files = [
        file
        for folder in ("alembic", "models")
        for file in (tree.root / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    ]
    return State(
        schema=schema(target),
        versions=versions(target),
        files={str(file.relative_to(tree.root)): file.read_bytes() for file in files},
    )


def schema(database: URL) -> Dump:
    """Return what is in a database beside alembic_version, without an order."""
    entries = pg_dump.dump_database(database).items()
    return {key: replace(entry, needs=tuple(sorted(entry.needs))) for key, entry in entries}


def target_url(tree: Tree) -> URL:
    """Return the URL of a tree's target."""
    return make_url(tree.environment["DATABASE_URL"])


def versions(database: URL) -> list[str] | None:
    """Return the revisions in a database's alembic_version, None when there is no such table."""
    engine = make_engine(database)
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return list(connection.scalars(text("SELECT version_num FROM alembic_version ORDER BY 1")))


def execute(database: URL, *statements: str) -> None:
    """Execute statements in a database, in one transaction."""
    engine = make_engine(database)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
