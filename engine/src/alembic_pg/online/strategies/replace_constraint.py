"""Replace a constraint by one of its name, so that there always is one.

The new one is made beside the old one, and takes its name in the moment in which that goes. Else
rows that neither allows could come meanwhile, each INSERT … ON CONFLICT would fail that needs a
unique one, and a new one that the rows violate would leave the table without any.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import astuple, replace
from typing import TYPE_CHECKING

from alembic_pg.online.ensure import constraint, index
from alembic_pg.online.run import journal
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.run.signals import PostponedDrop
from alembic_pg.online.strategies import add_check_or_fk, add_unique
from alembic_pg.online.strategies.strategy import (
    ACCESS_EXCLUSIVE,
    METADATA_ONLY,
    strategy,
)
from alembic_pg.revisions.statements import statement_after
from alembic_pg.sql import parser, session_statements, statements
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.online.strategies.strategy import Strategy

# What is noted where a constraint takes the place of one that the statement before drops.
NOTED_REPLACE = "replaces the one of its name"

_KINDS = {"c": "CHECK", "f": "FOREIGN", "p": "PRIMARY", "u": "UNIQUE"}

# A constraint that nothing hangs on, and how many columns of a new one may be NULL.
_KIND = """
SELECT contype::text AS kind, (
  SELECT count(*) FROM pg_attribute WHERE attrelid = c.conrelid AND attname = ANY (:columns)
    AND NOT attnotnull) AS nullable
FROM pg_constraint AS c
WHERE conrelid = :table AND conname = :name AND coninhcount = 0 AND NOT EXISTS (
  SELECT FROM pg_depend WHERE refclassid = 'pg_constraint'::regclass AND refobjid = c.oid
    AND deptype = 'n') AND (contype IN ('c', 'f')
  OR contype IN ('p', 'u') AND NOT EXISTS (
    SELECT FROM pg_constraint AS f WHERE f.conindid = c.conindid AND f.contype = 'f'))
"""


def postponed_drop(
    runner: Runner, statement: statements.OtherAlterTable, table: Relation
) -> Strategy | None:
    """Return what lets DROP CONSTRAINT wait for the next statement, which adds one of its name.

    None of any other statement.
    """
    name = session_statements.dropped_constraint(statement.sql)
    alone = table.kind == "r" and not (table.has_children or table.is_partition)
    if not name or not alone or runner.connection_handed_out:
        return None
    following = parser.parse(statement_after(runner.revision_statements(), statement.sql))
    if not (
        isinstance(following, statements.AddConstraint)
        and following.name
        and catalog_name(following.name) == name
        and _can_come_first(runner, following)
    ):
        return None
    other = runner.find_relation(following.table)
    if other is None or other.oid != table.oid:
        return None
    primary = following.kind == "PRIMARY"
    columns = add_unique.columns_of(following) if primary else []
    found = runner.fetch_rows(_KIND, table=table.oid, name=name, columns=columns)
    fits = bool(found) and _KINDS[found[0].kind] == following.kind and not found[0].nullable
    return wait_for_new_one if fits else None


def waits_again(runner: Runner, sql: str) -> bool:
    """Return whether a statement drops the constraint that one replaces which an earlier run began.

    It waits then whatever the options are: what is begun ends as it began.
    """
    begun = runner.journal.interrupted_at.partition(":")[2] == NOTED_REPLACE
    return begun and bool(session_statements.dropped_constraint(sql))


def is_missing(runner: Runner, statement: statements.AddConstraint, table: Relation) -> bool:
    """Return whether the open transaction has dropped the constraint that one is to be again.

    False where rows were changed in between, which may want it gone, and of a revision whose
    statements are known, or that has no file yet: there the drop has waited, where nothing stands
    between.
    """
    asks = runner.running.step is not None and not runner.revision_statements()
    if not (asks and statement.name) or runner.was_interrupted(statement.sql):
        return False
    since = itertools.takewhile(lambda sql: not _writes(sql), reversed(runner.executed))
    return any(_drops(runner, sql, catalog_name(statement.name), table) for sql in since)


def _writes(sql: str) -> bool:
    written = statements.UpdateOrDelete | statements.UnbatchedWrite
    return isinstance(parser.parse(sql), written)


def _drops(runner: Runner, sql: str, name: str, table: Relation) -> bool:
    """Return whether a statement drops a constraint of a table, and does nothing else."""
    dropped = parser.parse(sql) if session_statements.dropped_constraint(sql) == name else None
    found = runner.find_relation(dropped.table) if dropped is not None else None
    return found is not None and found.oid == table.oid


def _can_come_first(runner: Runner, statement: statements.AddConstraint) -> bool:
    """Return whether a constraint can be made under another name that it does not keep."""
    if statement.kind in {"UNIQUE", "PRIMARY"}:
        return add_unique.can_use_index(statement)
    if statement.kind == "CHECK":
        return True
    # Partitions have constraints of their own for a key to their table, with names after its own.
    body = Cursor(statement.body)
    place = body.find("REFERENCES") if statement.kind == "FOREIGN" else None
    if place is None:
        return False
    body.position = place + 1
    referred = runner.find_relation(body.relation_text()[0])
    return referred is not None and referred.kind == "r"


@strategy("dropped as the next one takes its place", ACCESS_EXCLUSIVE, METADATA_ONLY)
def wait_for_new_one(
    runner: Runner, statement: statements.OtherAlterTable, table: Relation, key: str
) -> None:
    """Wait for the next statement: what it adds is made before the constraint goes."""
    runner.run_pending()

    def work() -> None:
        with runner.outside_transaction(key):
            runner.run_short(statement.sql, done=key)

    name = quote_name(
        table.schema, table.name, session_statements.dropped_constraint(statement.sql)
    )
    runner.postponed = PostponedDrop(key, work, name)


def replaces(runner: Runner, statement: statements.AddConstraint, table: Relation) -> bool:
    """Return whether a constraint takes the place of one that waits, in this run or an earlier."""
    if runner.journal.detail(journal.statement_key(statement.sql)) == NOTED_REPLACE:
        return True
    name = quote_name(table.schema, table.name, catalog_name(statement.name or '""'))
    return isinstance(runner.postponed, PostponedDrop) and runner.postponed.name == name


def strategy_for(statement: statements.AddConstraint) -> Strategy:
    """Return how a constraint takes the place of the one that waits."""
    return replace_by_index if statement.kind in {"UNIQUE", "PRIMARY"} else replace_validated


@strategy(*astuple(add_unique.add_constraint.summary))
def replace_by_index(
    runner: Runner, statement: statements.AddConstraint, table: Relation, key: str
) -> None:
    """Build an index, and let it be the constraint in the moment in which the old one goes.

    Raises RefusedError where rows are not unique.
    """
    body = add_unique.parse_body(statement.body)
    new = _new_name(runner, statement)
    kind = "PRIMARY KEY" if statement.kind == "PRIMARY" else "UNIQUE"
    with _replacing(runner, key) as resumes:
        if not resumes:
            index.drop_if_exists(runner, f"{quote_name(table.schema)}.{new}")
        index.ensure_index(runner, table, new, unique=True, rest=body.index_rest)
        add = f"{kind} USING INDEX {new} {body.deferrability}"
        _swap(runner, statement, table, f"ADD CONSTRAINT {statement.name} {add}", key)


@strategy(*astuple(add_check_or_fk.add_constraint.summary))
def replace_validated(
    runner: Runner, statement: statements.AddConstraint, table: Relation, key: str
) -> None:
    """Add and validate a constraint, and rename it in the moment in which the old one goes.

    Raises RefusedError where rows violate it.
    """
    new = _new_name(runner, statement)
    on = quote_name(table.schema, table.name)
    with _replacing(runner, key) as resumes:
        there = constraint.constraint_exists(runner, table, new)
        if there and not resumes:
            runner.run_short(f"ALTER TABLE {on} DROP CONSTRAINT {new}")
        if not (there and resumes):
            under_new = replace(statement, name=new)
            runner.run_short(add_check_or_fk.not_valid_statement(under_new, on))
        constraint.validate_or_drop(runner, table, catalog_name(new))
        _swap(runner, statement, table, f"RENAME CONSTRAINT {new} TO {statement.name}", key)


def _new_name(runner: Runner, statement: statements.AddConstraint) -> str:
    return quote_name(runner.helpers.name(catalog_name(statement.name), "new"))


@contextmanager
def _replacing(runner: Runner, key: str) -> Iterator[bool]:
    """Let the new constraint be made in the block beside the old one, whose place it takes there.

    Yield whether an earlier run has begun the same: what else has the name of ours is somebody's
    who was stopped, and of another definition maybe.
    """
    resumes = runner.journal.detail(key) == NOTED_REPLACE
    with runner.outside_transaction(key, NOTED_REPLACE):
        yield resumes


def _swap(
    runner: Runner, statement: statements.AddConstraint, table: Relation, action: str, key: str
) -> None:
    """Let the new constraint take the place of the old one, whose statement has waited for it."""
    waits, runner.postponed = runner.postponed, None
    if waits is not None:
        runner.journal.add_pending(waits.key)
    alter = f"ALTER TABLE {quote_name(table.schema, table.name)}"
    drop = f"{alter} DROP CONSTRAINT IF EXISTS {statement.name}"
    runner.run_short(drop, f"{alter} {action}", done=key)
