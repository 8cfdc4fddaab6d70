"""CREATE INDEX and DROP INDEX while rows are written (PostgreSQL, CREATE INDEX, Concurrently)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import error_text
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import probe_table
from alembic_pg.online.run.helper_names import catalog_name, helper_name
from alembic_pg.online.run.signals import PostponedStatement
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import CreateIndex, DropIndex

_INDEX_STATE = """
SELECT i.indexrelid AS oid, i.indisvalid AS valid, i.indrelid AS table,
  EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid) AS constrained,
  EXISTS (SELECT FROM pg_inherits WHERE inhrelid = i.indexrelid) AS attached
FROM pg_index AS i WHERE i.indexrelid = to_regclass(:name)
"""

# What an index may have that the statement which creates it does not say.
_HAS_NO_EXTRAS = """
SELECT NOT (indisclustered OR indisreplident
  OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = indexrelid AND attstattarget >= 0)
  OR EXISTS (SELECT FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND objid = indexrelid AND deptype = 'x')
  OR obj_description(indexrelid, 'pg_class') IS NOT NULL)
FROM pg_index WHERE indexrelid = to_regclass(:name)
"""

# What is noted where an index takes the place of one that the statement before drops.
_NOTED_REPLACE = "replaces"

# What is noted before an index is built that is not there.
NOTED_BUILD = "builds"

_UNIQUE_VIOLATION = "23505"


def can_drop_online(runner: Runner, shape: DropIndex, key: str) -> bool:
    """Return whether an index can be dropped online; else PostgreSQL says what is wrong."""
    found = runner.rows(_INDEX_STATE, name=shape.name)
    if not found:
        return runner.journal.resumed(key)
    index, state = runner.find(shape.name), found[0]
    usual = index is not None and index.kind == "i"
    return usual and state.table in runner.known and not (state.constrained or state.attached)


def drop_concurrently(runner: Runner, shape: DropIndex, key: str) -> None:
    """Wait for the next statement: an index of the same name is built before this one goes."""
    runner.settle()
    index = runner.find(shape.name)
    if index is None:
        runner.journal.pending.append(key)
        return
    name = quote_name(index.schema, index.name)

    def work() -> None:
        with runner.outside(key):
            drop_if_exists(runner, name)

    if runner.handed:
        work()  # the next statement may be one that nobody tells us of
        return
    runner.postponed = PostponedStatement(key, name, work)


def create_concurrently(runner: Runner, shape: CreateIndex, table: Relation, key: str) -> None:
    """Create an index; one of the same name that the statement before drops, goes after it."""
    name = f"{quote_name(table.schema)}.{shape.name}"
    old = quote_name(table.schema, helper_name(catalog_name(shape.name), "old"))
    waits = runner.postponed
    changes = runner.journal.detail(key) == _NOTED_REPLACE
    if (
        waits is not None
        and waits.name == quote_name(table.schema, catalog_name(shape.name))
        and is_index_of(runner, table, name)
    ):
        runner.postponed = None
        runner.journal.pending.append(waits.key)
        changes = True
    runner.settle()
    began = runner.journal.detail(key) or ("" if runner.find(name) else NOTED_BUILD)
    with runner.outside(key, _NOTED_REPLACE if changes else began):
        if runner.find(name) is not None and not is_index_of(runner, table, name):
            runner.fail(shape.sql)
            return
        if is_valid(runner, name) and not (
            has_definition(runner, table, name, unique=shape.unique, rest=shape.rest)
            and (not changes or runner.one(_HAS_NO_EXTRAS, name=name))
        ):
            if not changes:
                runner.fail(shape.sql)
                return
            new = helper_name(catalog_name(shape.name), "new")
            ensure(runner, table, quote_name(new), unique=shape.unique, rest=shape.rest)
            runner.step(
                f"ALTER INDEX {name} RENAME TO "
                f"{quote_name(helper_name(catalog_name(shape.name), 'old'))}",
                f"ALTER INDEX {quote_name(table.schema, new)} RENAME TO {shape.name}",
            )
        else:
            ensure(runner, table, shape.name, unique=shape.unique, rest=shape.rest)
        if changes and is_index_of(runner, table, old):
            drop_if_exists(runner, old)


def is_valid(runner: Runner, name: str) -> bool:
    """Return whether there is an index of a name, and it is valid."""
    found = runner.rows(_INDEX_STATE, name=name)
    return bool(found) and bool(found[0].valid)


def is_index_of(runner: Runner, table: Relation, name: str) -> bool:
    """Return whether there is an index of a name, and it is one of a table."""
    found = runner.rows(_INDEX_STATE, name=name)
    return bool(found) and found[0].table == table.oid


def ensure(runner: Runner, table: Relation, name: str, *, unique: bool, rest: str) -> None:
    """Build an index, unless it is there; what an earlier run began goes first.

    name: without a schema, quoted. rest: what follows the table's name in CREATE INDEX.
    Raises LeftNothingError where rows are not unique.
    """
    place = f"{quote_name(table.schema)}.{name}"
    if runner.find(place) is not None and not is_index_of(runner, table, place):
        raise runner.refuse(f"{place} is there already, and is no index of {table.shown}.")
    if is_valid(runner, place):
        return
    drop_if_exists(runner, place)
    kind = "UNIQUE INDEX" if unique else "INDEX"
    statement = (
        f"CREATE {kind} CONCURRENTLY {name} ON {quote_name(table.schema, table.name)} {rest}"
    )
    build_concurrently(runner, table, statement, rest, lambda: drop_if_exists(runner, place))


def build_concurrently(
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
                raise runner.refuse(_describe_duplicates(runner, table, rest, error)) from error
            if not lock_retry.is_retryable(error):
                raise
            patience.wait(runner.connection, statement)
        else:
            return


def drop_if_exists(runner: Runner, name: str) -> None:
    """Drop an index, if it is there."""
    if runner.rows(_INDEX_STATE, name=name):
        runner.concurrently(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def has_definition(runner: Runner, table: Relation, name: str, *, unique: bool, rest: str) -> bool:
    """Return whether an index that is there is what a statement would build."""
    kind = "UNIQUE INDEX" if unique else "INDEX"
    asked = "SELECT pg_get_indexdef(to_regclass(:name))"
    try:
        with probe_table.empty_copy(runner, table):
            runner.execute(f"CREATE {kind} ddl_twin_index ON {probe_table.PROBE_TABLE} {rest}")
            wanted = runner.one(asked, name="pg_temp.ddl_twin_index")
            return _nameless_definition(wanted) == _nameless_definition(
                runner.one(asked, name=name)
            )
    except DBAPIError as error:
        lock_retry.reraise_if_no_answer(error)
        return False


def _nameless_definition(definition: str) -> tuple[bool, str]:
    """Return what pg_get_indexdef() says beside the names."""
    return definition.startswith("CREATE UNIQUE"), definition.partition(" USING ")[2]


def _describe_duplicates(runner: Runner, table: Relation, rest: str, error: DBAPIError) -> str:
    """Return how many values are there more than once, and one of them."""
    columns = [token.text for token in tokenize(rest)][1:-1:2]
    example = error_text.describe_error(error)
    with suppress(DBAPIError), runner.connection.begin():
        names = ", ".join(columns)
        count = runner.one(
            f"SELECT count(*) FROM (SELECT FROM {quote_name(table.schema, table.name)} "  # noqa: S608  # names
            f"WHERE ({names}) IS NOT NULL GROUP BY {names} HAVING count(*) > 1) AS twice"
        )
        return f"duplicates in {table.shown} ({count} of {names}): {example}."
    return f"duplicates in {table.shown}: {example}."
