"""CREATE INDEX and DROP INDEX while rows are written (PostgreSQL, CREATE INDEX, Concurrently)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import error_text
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import probe_table
from alembic_pg.online.run.helper_names import ours, unquoted
from alembic_pg.online.run.signals import Postponed
from alembic_pg.sql.lexer import tokens
from alembic_pg.sql.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import CreateIndex, DropIndex

_STATE = """
SELECT i.indexrelid AS oid, i.indisvalid AS valid, i.indrelid AS table,
  EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid) AS constrained,
  EXISTS (SELECT FROM pg_inherits WHERE inhrelid = i.indexrelid) AS attached
FROM pg_index AS i WHERE i.indexrelid = to_regclass(:name)
"""

# What an index may have that the statement which creates it does not say.
_BARE = """
SELECT NOT (indisclustered OR indisreplident
  OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = indexrelid AND attstattarget >= 0)
  OR EXISTS (SELECT FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND objid = indexrelid AND deptype = 'x')
  OR obj_description(indexrelid, 'pg_class') IS NOT NULL)
FROM pg_index WHERE indexrelid = to_regclass(:name)
"""

# What is noted where an index takes the place of one that the statement before drops.
_REPLACES = "replaces"

# What is noted before an index is built that is not there.
BUILDS = "builds"

_UNIQUE_VIOLATION = "23505"


def droppable(runner: Runner, shape: DropIndex, key: str) -> bool:
    """Return whether an index can be dropped online; else PostgreSQL says what is wrong."""
    found = runner.rows(_STATE, name=shape.name)
    if not found:
        return runner.journal.resumed(key)
    index, state = runner.find(shape.name), found[0]
    usual = index is not None and index.kind == "i"
    return usual and state.table in runner.known and not (state.constrained or state.attached)


def drop(runner: Runner, shape: DropIndex, key: str) -> None:
    """Wait for the next statement: an index of the same name is built before this one goes."""
    runner.settle()
    index = runner.find(shape.name)
    if index is None:
        runner.journal.pending.append(key)
        return
    name = quoted(index.schema, index.name)

    def work() -> None:
        with runner.outside(key):
            discard(runner, name)

    if runner.handed:
        work()  # the next statement may be one that nobody tells us of
        return
    runner.postponed = Postponed(key, name, work)


def create(runner: Runner, shape: CreateIndex, table: Relation, key: str) -> None:
    """Create an index; one of the same name that the statement before drops, goes after it."""
    name = f"{quoted(table.schema)}.{shape.name}"
    old = quoted(table.schema, ours(unquoted(shape.name), "old"))
    waits = runner.postponed
    changes = runner.journal.detail(key) == _REPLACES
    if (
        waits is not None
        and waits.name == quoted(table.schema, unquoted(shape.name))
        and of_table(runner, table, name)
    ):
        runner.postponed = None
        runner.journal.pending.append(waits.key)
        changes = True
    runner.settle()
    began = runner.journal.detail(key) or ("" if runner.find(name) else BUILDS)
    with runner.outside(key, _REPLACES if changes else began):
        if runner.find(name) is not None and not of_table(runner, table, name):
            runner.fail(shape.sql)
            return
        if valid(runner, name) and not (
            same(runner, table, name, unique=shape.unique, rest=shape.rest)
            and (not changes or runner.one(_BARE, name=name))
        ):
            if not changes:
                runner.fail(shape.sql)
                return
            new = ours(unquoted(shape.name), "new")
            ensure(runner, table, quoted(new), unique=shape.unique, rest=shape.rest)
            runner.step(
                f"ALTER INDEX {name} RENAME TO {quoted(ours(unquoted(shape.name), 'old'))}",
                f"ALTER INDEX {quoted(table.schema, new)} RENAME TO {shape.name}",
            )
        else:
            ensure(runner, table, shape.name, unique=shape.unique, rest=shape.rest)
        if changes and of_table(runner, table, old):
            discard(runner, old)


def valid(runner: Runner, name: str) -> bool:
    """Return whether there is an index of a name, and it is valid."""
    found = runner.rows(_STATE, name=name)
    return bool(found) and bool(found[0].valid)


def of_table(runner: Runner, table: Relation, name: str) -> bool:
    """Return whether there is an index of a name, and it is one of a table."""
    found = runner.rows(_STATE, name=name)
    return bool(found) and found[0].table == table.oid


def ensure(runner: Runner, table: Relation, name: str, *, unique: bool, rest: str) -> None:
    """Build an index, unless it is there; what an earlier run began goes first.

    name: without a schema, quoted. rest: what follows the table's name in CREATE INDEX.
    Raises LeftNothingError where rows are not unique.
    """
    place = f"{quoted(table.schema)}.{name}"
    if runner.find(place) is not None and not of_table(runner, table, place):
        raise runner.refuse(f"{place} is there already, and is no index of {table.shown}.")
    if valid(runner, place):
        return
    discard(runner, place)
    kind = "UNIQUE INDEX" if unique else "INDEX"
    statement = f"CREATE {kind} CONCURRENTLY {name} ON {quoted(table.schema, table.name)} {rest}"
    build(runner, table, statement, rest, lambda: discard(runner, place))


def build(
    runner: Runner, table: Relation, statement: str, rest: str, clean: Callable[[], object]
) -> None:
    """Execute CREATE INDEX CONCURRENTLY. clean: takes away what a failure leaves of it.

    Raises LeftNothingError where rows are not unique.
    """
    patience = runner.patience()
    while True:
        try:
            runner.concurrently(statement)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            clean()
            if error_text.sqlstate(error) == _UNIQUE_VIOLATION:
                raise runner.refuse(_duplicates(runner, table, rest, error)) from error
            if not lock_retry.busy(error):
                raise
            patience.wait(runner.connection, statement)
        else:
            return


def discard(runner: Runner, name: str) -> None:
    """Drop an index, if it is there."""
    if runner.rows(_STATE, name=name):
        runner.concurrently(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def same(runner: Runner, table: Relation, name: str, *, unique: bool, rest: str) -> bool:
    """Return whether an index that is there is what a statement would build."""
    kind = "UNIQUE INDEX" if unique else "INDEX"
    asked = "SELECT pg_get_indexdef(to_regclass(:name))"
    try:
        with probe_table.of(runner, table):
            runner.execute(f"CREATE {kind} ddl_twin_index ON {probe_table.NAME} {rest}")
            wanted = runner.one(asked, name="pg_temp.ddl_twin_index")
            return _essence(wanted) == _essence(runner.one(asked, name=name))
    except DBAPIError as error:
        lock_retry.raise_busy(error)
        return False


def _essence(definition: str) -> tuple[bool, str]:
    """Return what pg_get_indexdef() says beside the names."""
    return definition.startswith("CREATE UNIQUE"), definition.partition(" USING ")[2]


def _duplicates(runner: Runner, table: Relation, rest: str, error: DBAPIError) -> str:
    """Return how many values are there more than once, and one of them."""
    columns = [token.text for token in tokens(rest)][1:-1:2]
    example = error_text.of(error)
    with suppress(DBAPIError), runner.connection.begin():
        names = ", ".join(columns)
        count = runner.one(
            f"SELECT count(*) FROM (SELECT FROM {quoted(table.schema, table.name)} "  # noqa: S608  # names
            f"WHERE ({names}) IS NOT NULL GROUP BY {names} HAVING count(*) > 1) AS twice"
        )
        return f"duplicates in {table.shown} ({count} of {names}): {example}."
    return f"duplicates in {table.shown}: {example}."
