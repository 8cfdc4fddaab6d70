"""Replace a unique constraint or a primary key by one of its name, so that there always is one.

The new index is built beside the old one. Else rows could be doubled meanwhile, and each INSERT …
ON CONFLICT would fail that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.ensure import index
from alembic_pg.online.run import dropped_objects, journal
from alembic_pg.online.run.helper_names import catalog_name, helper_name
from alembic_pg.online.run.signals import PostponedStatement
from alembic_pg.online.strategies import add_unique
from alembic_pg.online.strategies.strategy import (
    ACCESS_EXCLUSIVE,
    METADATA_ONLY,
    SCAN_BESIDE_TRAFFIC,
    strategy,
)
from alembic_pg.sql import parser, statements
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.online.strategies.strategy import Strategy

# What is noted where a constraint takes the place of one that the statement before drops.
NOTED_REPLACE = "replaces"

# A constraint that nothing hangs on, and the columns of a new one that may be NULL.
_KIND = """
SELECT contype::text AS kind, (
  SELECT count(*) FROM pg_attribute WHERE attrelid = c.conrelid AND attname = ANY (:columns)
    AND NOT attnotnull) AS nullable
FROM pg_constraint AS c
WHERE conrelid = :table AND conname = :name AND contype IN ('u', 'p') AND NOT EXISTS (
  SELECT FROM pg_constraint AS f WHERE f.conindid = c.conindid AND f.contype = 'f')
"""


def postponed_drop(
    runner: Runner, statement: statements.OtherAlterTable, table: Relation
) -> Strategy | None:
    """Return what lets DROP CONSTRAINT wait for the next statement, which adds one of that name.

    None of any other statement.
    """
    name = _dropped_constraint(statement)
    if not name or table.kind != "r" or runner.connection_handed_out:
        return None
    following = parser.parse(dropped_objects.next_statement(runner, statement.sql))
    if (
        not isinstance(following, statements.AddConstraint)
        or catalog_name(following.name or '""') != name
        or not add_unique.can_use_index(following)
    ):
        return None
    other = runner.find_relation(following.table)
    if other is None or other.oid != table.oid:
        return None
    columns = add_unique.columns_of(following)
    found = runner.fetch_rows(_KIND, table=table.oid, name=name, columns=columns)
    kinds = {"u": "UNIQUE", "p": "PRIMARY"}
    if not found or kinds[found[0].kind] != following.kind:
        return None
    return None if following.kind == "PRIMARY" and found[0].nullable else wait_for_new_one


def _dropped_constraint(statement: statements.OtherAlterTable) -> str:
    """Return the name of the constraint that a statement drops, and does nothing else, or ""."""
    cursor = Cursor(statement.rest)
    if not cursor.accept("DROP", "CONSTRAINT"):
        return ""
    name = cursor.identifier()
    return name if cursor.current is None else ""


@strategy("dropped as the next one takes its place", ACCESS_EXCLUSIVE, METADATA_ONLY)
def wait_for_new_one(
    runner: Runner, statement: statements.OtherAlterTable, table: Relation, key: str
) -> None:
    """Wait for the next statement: its index is built before the constraint goes."""
    runner.run_pending()

    def work() -> None:
        with runner.outside_transaction(key):
            runner.run_short(statement.sql, done=key)

    name = quote_name(table.schema, table.name, _dropped_constraint(statement))
    runner.postponed = PostponedStatement(key, name, work)


def replaces(runner: Runner, statement: statements.AddConstraint, table: Relation) -> bool:
    """Return whether a constraint takes the place of one that waits, in this run or an earlier."""
    if runner.journal.detail(journal.statement_key(statement.sql)) == NOTED_REPLACE:
        return True
    name = quote_name(table.schema, table.name, catalog_name(statement.name or '""'))
    return runner.postponed is not None and runner.postponed.name == name


@strategy(
    "unique index CONCURRENTLY, constraint from it",
    ACCESS_EXCLUSIVE,
    f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}",
)
def replace(runner: Runner, statement: statements.AddConstraint, table: Relation, key: str) -> None:
    """Build the index, and let it be the constraint in the moment in which the old one goes.

    Raises RefusedError where rows are not unique.
    """
    body = add_unique.parse_body(statement.body)
    new = quote_name(helper_name(catalog_name(statement.name), "new"))
    kind = "PRIMARY KEY" if statement.kind == "PRIMARY" else "UNIQUE"
    waits, runner.postponed = runner.postponed, None
    if waits is not None:
        runner.journal.add_pending(waits.key)
    alter = f"ALTER TABLE {quote_name(table.schema, table.name)}"
    with runner.outside_transaction(key, NOTED_REPLACE):
        index.ensure_index(runner, table, new, unique=True, rest=body.index_rest)
        runner.run_short(
            f"{alter} DROP CONSTRAINT IF EXISTS {statement.name}",
            f"{alter} ADD CONSTRAINT {statement.name} {kind} USING INDEX {new} "
            f"{body.deferrability}",
            done=key,
        )
