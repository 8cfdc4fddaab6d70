"""Run what PostgreSQL does concurrently by itself; refuse rewrites of large relations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.ensure import index
from alembic_pg.online.run import large_tables
from alembic_pg.online.strategies.strategy import (
    SCAN_BESIDE_TRAFFIC,
    SHARE_UPDATE_EXCLUSIVE,
    strategy,
)
from alembic_pg.refusals import of_statements
from alembic_pg.sql.quoting import quote_literal, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import ConcurrentMaintenance, Rewrite, UnnamedIndex

_KINDS = {"REFRESH": of_statements.REFRESH, "REINDEX": of_statements.REINDEX}

# Of those that any user's statement without a name is about.
_ALL_TABLES = """
SELECT oid, oid::regclass::text AS name FROM pg_class
WHERE relkind IN ('r', 'm') AND relpersistence <> 't' ORDER BY oid
"""

_TABLES = {
    "TABLE": """
WITH RECURSIVE tree AS (
  SELECT to_regclass({name})::oid AS oid
  UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
SELECT unnest(ARRAY[oid, reltoastrelid]) FROM pg_class JOIN tree USING (oid)
""",
    "INDEX": """
WITH RECURSIVE tree AS (
  SELECT to_regclass({name})::oid AS oid
  UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
SELECT indrelid FROM pg_index JOIN tree ON indexrelid = oid
""",
    "SCHEMA": """
SELECT unnest(ARRAY[oid, reltoastrelid]) FROM pg_class WHERE relnamespace = to_regnamespace({name})
""",
    "DATABASE": "SELECT oid FROM pg_class",
    "SYSTEM": "SELECT oid FROM pg_class",
}

_START_DETAIL = """
'knows ' || coalesce((SELECT string_agg(indexrelid::text, ',') FROM pg_index
  WHERE indrelid IN ({tables}) {which}), '')
"""

_NEW_INDEXES = """
SELECT indexrelid::regclass::text AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid IN ({tables}) AND {which}
  AND indexrelid::text <> ALL (string_to_array(:known, ','))
ORDER BY 1
"""

# How PostgreSQL calls the new and the old index meanwhile.
_LEFT_BY_REINDEX = "AND relname ~ '_cc(new|old)[0-9]*$'"


def refuse_large_tables(runner: Runner, statement: Rewrite) -> None:
    """Raise RefusedError when it would stop the work on something large."""
    for found in _rewritten_relations(runner, statement):
        if found.persistence != "t" and _was_there(runner, found):
            kind = _KINDS.get(statement.command.split()[0], of_statements.REWRITE)
            large_tables.refuse_if_large(runner, found, kind, command=statement.command)


def _was_there(runner: Runner, found: Relation) -> bool:
    """Return whether a table, or that of an index, was there before this run."""
    if found.kind not in {"i", "I"}:
        return found.oid in runner.existing_tables
    state = index.index_state(runner, quote_name(found.schema, found.name))
    return state is None or state.table in runner.existing_tables


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


def start_detail(statement: ConcurrentMaintenance) -> str:
    """Return, as an SQL expression, what to note before it begins: indexes that others have left.

    Of CREATE INDEX, all indexes that the table has.
    """
    which = "" if statement.kind == "" else "AND NOT indisvalid"
    return _START_DETAIL.format(which=which, tables=_tables_of(statement)).strip()


@strategy("by itself", SHARE_UPDATE_EXCLUSIVE, SCAN_BESIDE_TRAFFIC)
def run_concurrently(runner: Runner, statement: ConcurrentMaintenance, key: str) -> None:
    """Execute what blocks nobody by itself, without a limit: it leaves half of it when it ends."""
    runner.run_pending()
    resumed = runner.journal.was_interrupted(key)
    began = runner.start_detail(key, start_detail(statement))
    with runner.outside_transaction(key, began):
        if resumed:
            _drop_left_indexes(runner, statement, began)
            if _built_indexes(runner, statement, began):
                return
        try:
            runner.run_concurrently(statement.sql)
        except DBAPIError as error:
            if not error.connection_invalidated:
                _drop_left_indexes(runner, statement, began)
            raise


def left_indexes(session: Session, statement: ConcurrentMaintenance, detail: str) -> list[str]:
    """Return the INVALID indexes that a statement has made and left.

    detail: what was noted when it began.
    """
    pattern = "" if statement.kind == "" else _LEFT_BY_REINDEX
    return _new_indexes(session, statement, detail, f"NOT indisvalid {pattern}")


def _drop_left_indexes(runner: Runner, statement: ConcurrentMaintenance, detail: str) -> None:
    for name in left_indexes(runner, statement, detail):
        index.drop_if_exists(runner, name)


def _built_indexes(runner: Runner, statement: ConcurrentMaintenance, detail: str) -> list[str]:
    """Return the indexes that CREATE INDEX has built before it was noted as done."""
    table = runner.find_relation(statement.name) if statement.kind == "" else None
    if table is None:
        return []
    unique, rest = statement.unique, statement.rest
    return [
        name
        for name in _new_indexes(runner, statement, detail, "indisvalid")
        if index.has_definition(runner, table, name, unique=unique, rest=rest)
    ]


def _new_indexes(
    session: Session, statement: ConcurrentMaintenance, detail: str, which: str
) -> list[str]:
    """Return the indexes that were not there when it began. which: a condition for them."""
    tables = _tables_of(statement).replace(":", "\\:").replace("\\:\\:", "::")
    query = _NEW_INDEXES.format(which=which, tables=tables)
    return [row.name for row in session.fetch_rows(query, known=detail.partition(" ")[2])]


def _tables_of(statement: ConcurrentMaintenance) -> str:
    """Return the query for the tables whose indexes a statement builds, with those of TOAST."""
    query = _TABLES.get(statement.kind, _TABLES["TABLE"])
    return query.format(name=quote_literal(statement.name)).strip()


def _rewritten_relations(runner: Runner, statement: Rewrite) -> Iterator[Relation]:
    names = [statement.table, *statement.other_tables]
    if not statement.table:
        names = [
            row.name for row in runner.fetch_rows(_ALL_TABLES) if row.oid in runner.existing_tables
        ]
    for name in names:
        if (found := runner.find_relation(name)) is not None:
            yield found
