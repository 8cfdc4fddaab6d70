"""Replace a constraint by one of its name, so that there always is one.

The new one is made beside the old one, and takes its name in the moment in which that goes. Else
rows that neither allows could come meanwhile, each INSERT … ON CONFLICT would fail that needs a
unique one, and a new one that the rows violate would leave the table without any.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, TypeGuard

from alembic_pg.online.ensure import constraint, index
from alembic_pg.online.run import journal, large_tables
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.run.signals import PostponedDrop
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
    from alembic_pg.online.postponed_drops import MakesIndex
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.online.run.signals import Wait
    from alembic_pg.online.strategies.strategy import Strategy

# What is noted where a constraint takes the place of one that a statement before drops.
NOTED_REPLACE = "replaces the one of its name"

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
    kind = runner.first_value(_KIND, table=table.oid, name=name)
    if kind is None:
        return None
    from alembic_pg.online import dropped_indexes  # noqa: PLC0415  # of few revisions

    dropped = dropped_indexes.dropped_one(runner, str(kind), name, table)
    wait = dropped_indexes.wait_of(runner, statement.sql, dropped, table, can_come_first)
    return wait_for_new_one.waiting(wait) if wait is not None else None


def can_come_first(runner: Runner, statement: statements.AddConstraint, table: Relation) -> bool:
    """Return whether a constraint can be made under another name that it does not keep."""
    if statement.kind in {"UNIQUE", "PRIMARY"}:
        if not add_unique.can_use_index(statement):
            return False
        return statement.kind == "UNIQUE" or add_unique.lacks_nulls(runner, statement, table)
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


def waits_again(runner: Runner, sql: str) -> bool:
    """Return whether a statement drops what may wait for the one at which an earlier run ended.

    It waits then whatever the options are: what is begun ends as it began.
    """
    drops = isinstance(parser.parse(sql), statements.DropIndex)
    drops = drops or bool(session_statements.dropped_constraint(sql))
    return drops and bool(runner.journal.interrupted_at)


def refuse_missing(runner: Runner, statement: MakesIndex, table: Relation) -> bool:
    """Return whether a unique one is to be again that the open transaction has dropped.

    False where rows were changed in between, which may want it gone, and of a revision that has no
    file yet. Where its statements are known, and nothing else goes with it, the drop has waited.
    Raises RefusedError where the table is large.
    """
    unknown = runner.running.step is None or runner.was_interrupted(statement.sql)
    if unknown or not any(_unique_ones_again(runner, [statement.sql])):
        return False
    known = bool(runner.revision_statements()) and not runner.connection_handed_out
    kind = of_statements.DROPPED_CONSTRAINT if known else of_statements.REPLACED_CONSTRAINT
    large_tables.refuse_if_large(runner, table, kind, name=statement.name)
    return True


def refuse_gap(runner: Runner, sql: str) -> None:
    """Raise RefusedError where a step commits that a unique one is gone which comes again later.

    sql: the statement that takes steps.
    """
    for made in _unique_ones_again(runner, runner.following_statements(sql)):
        table = runner.find_relation(made.table)
        if table is not None and table.oid in runner.existing_tables:
            kind = of_statements.DROPPED_CONSTRAINT
            large_tables.refuse_if_large(runner, table, kind, name=made.name)


def _unique_ones_again(runner: Runner, coming: Sequence[str]) -> Iterator[MakesIndex]:
    if not any("DROP" in one.upper() for one in runner.executed):
        return
    from alembic_pg.online.postponed_drops import unique_ones_again  # noqa: PLC0415  # rare

    yield from unique_ones_again(
        runner.executed, coming, runner.is_same_relation, runner.may_share_schema
    )


@strategy("dropped once the new one is there", ACCESS_EXCLUSIVE, METADATA_ONLY)
def wait_for_new_one(
    runner: Runner,
    statement: statements.OtherAlterTable,
    table: Relation,
    key: str,
    *,
    wait: Wait,
) -> None:
    """Wait for the statements that follow: what they add is made before the constraint goes."""
    runner.run_pending()

    def work() -> None:
        with runner.outside_transaction(key):
            runner.run_short(statement.sql, done=key)

    name = quote_name(
        table.schema, table.name, session_statements.dropped_constraint(statement.sql)
    )
    runner.postponed.append(PostponedDrop(key, work, name, wait=wait))


def replaces(runner: Runner, statement: MakesIndex, table: Relation) -> bool:
    """Return whether one takes the place of another one that waits, in this run or an earlier.

    One of them is a constraint.
    """
    if runner.journal.detail(journal.statement_key(statement.sql)) == NOTED_REPLACE:
        return True
    return _postponed_one(runner, statement, table) is not None


def _postponed_one(runner: Runner, statement: MakesIndex, table: Relation) -> PostponedDrop | None:
    """Return the drop that waits for what a statement makes, None where none does.

    It is that of a constraint; of an index only where the statement adds a constraint.
    """
    name = catalog_name(statement.name or '""')
    found = runner.postponed_drop(quote_name(table.schema, table.name, name))
    if found is not None or not _takes_name_of_index(statement):
        return found
    place = quote_name(table.schema, name)
    found = runner.postponed_drop(place)
    if found is None or not index.is_index_of(runner, table, place):
        return None
    return found if can_come_first(runner, statement, table) else None


def _takes_name_of_index(statement: MakesIndex) -> TypeGuard[statements.AddConstraint]:
    if not isinstance(statement, statements.AddConstraint):
        return False
    return statement.kind in {"UNIQUE", "PRIMARY"}


def strategy_for(statement: statements.AddConstraint) -> Strategy:
    """Return how a constraint takes the place of what waits."""
    return replace_by_index if statement.kind in {"UNIQUE", "PRIMARY"} else replace_validated


# The lock and the effect of what is built beside the old one.
BUILT_BESIDE = astuple(add_unique.add_constraint.summary)[1:]


@strategy(*astuple(add_unique.add_constraint.summary))
def replace_by_index(
    runner: Runner, statement: statements.AddConstraint, table: Relation, key: str
) -> None:
    """Build an index, and let it be the constraint in the moment in which the old one goes.

    What waits may be an index that is what would be built: it stays, and is the constraint's.
    Raises RefusedError where rows are not unique.
    """
    body = add_unique.parse_body(statement.body)
    new, place = new_name(runner, statement), f"{quote_name(table.schema)}.{statement.name}"
    kind = "PRIMARY KEY" if statement.kind == "PRIMARY" else "UNIQUE"
    with replacing(runner, key) as resumes:
        stays = _is_same_index(runner, table, place, body.index_rest)
        if stays or not resumes:
            index.drop_if_exists(runner, f"{quote_name(table.schema)}.{new}")
        if not stays:
            index.ensure_index(runner, table, new, unique=True, rest=body.index_rest)
        add = (
            f"ALTER TABLE {quote_name(table.schema, table.name)} ADD CONSTRAINT {statement.name} "
            f"{kind} USING INDEX {statement.name if stays else new} {body.deferrability}"
        )
        drops = [] if stays else [drop_of_old(runner, statement, table)]
        swap(runner, statement, table, key, *drops, add)


@strategy(*astuple(add_check_or_fk.add_constraint.summary))
def replace_validated(
    runner: Runner, statement: statements.AddConstraint, table: Relation, key: str
) -> None:
    """Add and validate a constraint, and rename it in the moment in which the old one goes.

    Raises RefusedError where rows violate it.
    """
    new = new_name(runner, statement)
    on = quote_name(table.schema, table.name)
    with replacing(runner, key) as resumes:
        there = constraint.constraint_exists(runner, table, new)
        if there and not resumes:
            runner.run_short(f"ALTER TABLE {on} DROP CONSTRAINT {new}")
        if not (there and resumes):
            under_new = replace(statement, name=new)
            runner.run_short(add_check_or_fk.not_valid_statement(under_new, on))
        constraint.validate_or_drop(runner, table, catalog_name(new))
        rename = f"ALTER TABLE {on} RENAME CONSTRAINT {new} TO {statement.name}"
        swap(runner, statement, table, key, drop_of_old(runner, statement, table), rename)


def new_name(runner: Runner, statement: MakesIndex) -> str:
    """Return the name that the new one has beside the old one, quoted."""
    return quote_name(runner.helpers.name(catalog_name(statement.name), "new"))


@contextmanager
def replacing(runner: Runner, key: str) -> Iterator[bool]:
    """Let the new constraint be made in the block beside the old one, whose place it takes there.

    Yield whether an earlier run has begun the same: what else has the name of ours is somebody's
    who was stopped, and of another definition maybe.
    """
    resumes = runner.journal.detail(key) == NOTED_REPLACE
    with runner.outside_transaction(key, NOTED_REPLACE):
        yield resumes


def swap(runner: Runner, statement: MakesIndex, table: Relation, key: str, *steps: str) -> None:
    """Let the new one take the place of the old one, whose statement has waited for it.

    steps: the statements that do so, in one short transaction.
    """
    waits = _postponed_one(runner, statement, table)
    if waits is not None:
        runner.postponed.remove(waits)
        runner.journal.add_pending(waits.key)
    runner.run_short(*steps, done=key)


def drop_of_old(runner: Runner, statement: MakesIndex, table: Relation) -> str:
    """Return the statement that drops what another one takes the place of."""
    place = f"{quote_name(table.schema)}.{statement.name}"
    state = index.index_state(runner, place) if _takes_name_of_index(statement) else None
    if state is not None and not state.constrained:
        return f"DROP INDEX IF EXISTS {place}"
    alter = f"ALTER TABLE {quote_name(table.schema, table.name)}"
    return f"{alter} DROP CONSTRAINT IF EXISTS {statement.name}"


def _is_same_index(runner: Runner, table: Relation, name: str, rest: str) -> bool:
    """Return whether an index that waits is the one that would be built for a constraint."""
    state = index.index_state(runner, name)
    free = state is not None and state.valid and not state.constrained
    return (
        free
        and index.has_no_extras(runner, name)
        and index.has_definition(runner, table, name, unique=True, rest=rest)
    )
