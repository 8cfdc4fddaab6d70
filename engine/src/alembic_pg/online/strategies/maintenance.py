"""Run what PostgreSQL does concurrently by itself; refuse rewrites of large relations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.run import large_tables
from alembic_pg.refusals import of_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import ConcurrentMaintenance, Rewrite, UnnamedIndex

_KINDS = {"REFRESH": of_statements.REFRESH, "REINDEX": of_statements.REINDEX}

# Of those that any user's statement without a name is about.
_ALL_TABLES = """
SELECT oid, oid::regclass::text AS name FROM pg_class
WHERE relkind IN ('r', 'm') AND relpersistence <> 't' ORDER BY oid
"""


def refuse_large_tables(runner: Runner, statement: Rewrite) -> None:
    """Raise RefusedError when it would stop the work on something large."""
    for found in _rewritten_relations(runner, statement):
        if found.persistence != "t":
            kind = _KINDS.get(statement.command.split()[0], of_statements.REWRITE)
            large_tables.refuse_if_large(runner, found, kind, command=statement.command)


def refuse_unnamed_index(runner: Runner, statement: UnnamedIndex) -> None:
    """Raise RefusedError where the index would be built on a large table in one go."""
    table = runner.find_relation(statement.table)
    if (
        table is None
        or table.oid not in runner.existing_tables
        or (statement.only and table.kind == "p")
    ):
        return
    large_tables.refuse_if_large(
        runner,
        table,
        of_statements.INDEX_ON_ONLY if statement.only else of_statements.UNNAMED_INDEX,
    )


def run_concurrently(runner: Runner, statement: ConcurrentMaintenance, key: str) -> None:
    """Execute what blocks nobody by itself, without a limit: it leaves half of it when it ends."""
    runner.run_pending()
    with runner.outside_transaction(key):
        runner.run_concurrently(statement.sql)


def _rewritten_relations(runner: Runner, statement: Rewrite) -> Iterator[Relation]:
    names = [statement.table, *statement.other_tables]
    if not statement.table:
        names = [
            row.name for row in runner.fetch_rows(_ALL_TABLES) if row.oid in runner.existing_tables
        ]
    for name in names:
        if (found := runner.find_relation(name)) is not None:
            yield found
