"""Replace a constraint by one of its name, so that there always is one.

The new one is made beside the old one, and takes its name in the moment in which that goes. Else
rows that neither allows could come meanwhile, each INSERT … ON CONFLICT would fail that needs a
unique one, and a new one that the rows violate would leave the table without any.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import astuple, replace
from functools import partial
from typing import TYPE_CHECKING

from alembic_pg.online.ensure import constraint, index
from alembic_pg.online.run import journal, large_tables
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.run.signals import PostponedDrop, Wait
from alembic_pg.online.strategies import add_check_or_fk, add_unique
from alembic_pg.online.strategies.strategy import (
    ACCESS_EXCLUSIVE,
    METADATA_ONLY,
    strategy,
)
from alembic_pg.refusals import of_statements
from alembic_pg.sql import parser, session_statements, statements
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.online.strategies.strategy import Strategy

# What is noted where a constraint takes the place of one that a statement before drops.
NOTED_REPLACE = "replaces the one of its name"

# How many of the columns of a new one are there, and cannot be NULL.
_NOT_NULL = """
SELECT count(*) FROM pg_attribute
WHERE attrelid = :table AND attname = ANY (:columns) AND attnotnull AND NOT attisdropped
"""

# The kind of a constraint that nothing hangs on, of a table that inherits none.
_KIND = """
SELECT contype::text FROM pg_constraint AS c
WHERE conrelid = :table AND conname = :name
  AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = :table) AND NOT EXISTS (
  SELECT FROM pg_depend WHERE refclassid = 'pg_constraint'::regclass AND refobjid = c.oid
    AND deptype = 'n') AND (contype IN ('c', 'f')
  OR contype IN ('p', 'u') AND NOT EXISTS (
    SELECT FROM pg_constraint AS f WHERE f.conindid = c.conindid AND f.contype = 'f'))
"""


def postponed_drop(
    runner: Runner, statement: statements.OtherAlterTable, table: Relation
) -> Strategy | None:
    """Return what lets DROP CONSTRAINT wait for a later statement, which adds what does for it.

    None of any other statement.
    """
    name = session_statements.dropped_constraint(statement.sql)
    alone = table.kind == "r" and not (table.has_children or table.is_partition)
    if not name or not alone or runner.connection_handed_out:
        return None
    wait = _wait_of(runner, statement, table)
    if wait is None:
        return None
    following = parser.parse(wait.replacement) if wait.replacement else None
    if not isinstance(following, statements.AddConstraint):
        return wait_for_new_one
    if not _can_come_first(runner, following):
        return None
    if following.kind == "PRIMARY":
        columns = add_unique.columns_of(following)
        known = runner.first_value(_NOT_NULL, table=table.oid, columns=columns)
        return wait_for_new_one if known == len(columns) else None
    return wait_for_new_one


def _wait_of(runner: Runner, statement: statements.OtherAlterTable, table: Relation) -> Wait | None:
    """Return for which later statements the drop of a constraint waits, None where for none."""
    name = session_statements.dropped_constraint(statement.sql)
    kind = runner.first_value(_KIND, table=table.oid, name=name)
    if kind is None:
        return None
    from alembic_pg.online import postponed_drops  # noqa: PLC0415  # of few revisions

    is_its_table = partial(runner.is_relation, oid=table.oid)
    dropped = postponed_drops.Dropped(str(kind), name, is_its_table)
    return postponed_drops.wait_of(runner.following_statements(statement.sql), dropped)


def waits_again(runner: Runner, sql: str) -> bool:
    """Return whether a statement drops the constraint that one replaces which an earlier run began.

    It waits then whatever the options are: what is begun ends as it began.
    """
    begun = runner.journal.interrupted_at.partition(":")[2] == NOTED_REPLACE
    return begun and bool(session_statements.dropped_constraint(sql))


def refuse_missing(runner: Runner, statement: statements.AddConstraint, table: Relation) -> bool:
    """Return whether a constraint is to be again that the open transaction has dropped.

    False where rows were changed in between, which may want it gone, and of a revision that has no
    file yet. Where its statements are known, and nothing else goes with it, the drop has waited.
    Raises RefusedError where the table is large.
    """
    unknown = runner.running.step is None or runner.was_interrupted(statement.sql)
    if unknown or not any(_unique_ones_again(runner, [statement.sql])):
        return False
    known = bool(runner.revision_statements())
    kind = of_statements.DROPPED_CONSTRAINT if known else of_statements.REPLACED_CONSTRAINT
    large_tables.refuse_if_large(runner, table, kind, name=statement.name)
    return True


def refuse_gap(runner: Runner, sql: str) -> None:
    """Raise RefusedError where a step commits that a constraint is gone which comes again later.

    sql: the statement that takes steps.
    """
    for made in _unique_ones_again(runner, runner.following_statements(sql)):
        table = runner.find_relation(made.table)
        if table is not None and table.oid in runner.existing_tables:
            kind = of_statements.DROPPED_CONSTRAINT
            large_tables.refuse_if_large(runner, table, kind, name=made.name)


def _unique_ones_again(runner: Runner, coming: Sequence[str]) -> Iterator[statements.AddConstraint]:
    if not any("CONSTRAINT" in one.upper() for one in runner.executed):
        return
    from alembic_pg.online.postponed_drops import unique_ones_again  # noqa: PLC0415  # rare

    yield from unique_ones_again(runner.executed, coming, runner.is_same_relation)


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


@strategy("dropped once the new one is there", ACCESS_EXCLUSIVE, METADATA_ONLY)
def wait_for_new_one(
    runner: Runner, statement: statements.OtherAlterTable, table: Relation, key: str
) -> None:
    """Wait for the statements that follow: what they add is made before the constraint goes."""
    runner.run_pending()

    def work() -> None:
        with runner.outside_transaction(key):
            runner.run_short(statement.sql, done=key)

    name = quote_name(
        table.schema, table.name, session_statements.dropped_constraint(statement.sql)
    )
    wait = _wait_of(runner, statement, table) or Wait()
    runner.postponed.append(PostponedDrop(key, work, name, wait=wait))


def replaces(runner: Runner, statement: statements.AddConstraint, table: Relation) -> bool:
    """Return whether a constraint takes the place of one that waits, in this run or an earlier."""
    if runner.journal.detail(journal.statement_key(statement.sql)) == NOTED_REPLACE:
        return True
    return _postponed_one(runner, statement, table) is not None


def _postponed_one(
    runner: Runner, statement: statements.AddConstraint, table: Relation
) -> PostponedDrop | None:
    """Return the drop that waits for the constraint, None where none does."""
    name = catalog_name(statement.name or '""')
    return runner.postponed_drop(quote_name(table.schema, table.name, name))


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
    waits = _postponed_one(runner, statement, table)
    if waits is not None:
        runner.postponed.remove(waits)
        runner.journal.add_pending(waits.key)
    alter = f"ALTER TABLE {quote_name(table.schema, table.name)}"
    drop = f"{alter} DROP CONSTRAINT IF EXISTS {statement.name}"
    runner.run_short(drop, f"{alter} {action}", done=key)
