"""Build an index CONCURRENTLY unless it is there and valid; drop one that is INVALID before."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors, time_limits
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import probe_table
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.refusals import of_batches
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_literal, quote_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Row

    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session
    from alembic_pg.online.run.executor import Executor

INDEX_STATE = """
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

# What is noted before an index is built that is not there.
NOTED_BUILD = "builds"

_START_DETAIL = """
CASE WHEN NOT EXISTS (SELECT FROM pg_class AS t JOIN pg_class AS i USING (relnamespace)
  WHERE t.oid = to_regclass({table}) AND i.relname = {name}) THEN '{build}' || {more} ELSE '' END
"""

# The indexes of partitions, by their oids, that are part of no other one.
_FREE_INDEXES = """
coalesce((SELECT ' ' || string_agg(indexrelid::text, ',' ORDER BY indexrelid)
  FROM pg_partition_tree(to_regclass({table})) JOIN pg_index ON indrelid = relid
  WHERE level > 0 AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = indexrelid)), '')
"""


def start_detail(table: str, name: str, more: str = "") -> str:
    """Return, as an SQL expression, what to note of an index before it is built.

    It has the free indexes of the partitions, too, which are somebody else's.
    table, name: as a statement has them. more: an expression of what follows instead.
    """
    more = more or _FREE_INDEXES.format(table=quote_literal(table)).strip()
    return _START_DETAIL.format(
        table=quote_literal(table),
        name=quote_literal(catalog_name(name)),
        build=NOTED_BUILD,
        more=more,
    ).strip()


def index_state(session: Session, name: str) -> Row[Any] | None:
    """Return what the catalog says of an index, None without one of that name."""
    found = session.fetch_rows(INDEX_STATE, name=name)
    return found[0] if found else None


def is_valid(session: Session, name: str) -> bool:
    """Return whether there is an index of a name, and it is valid."""
    state = index_state(session, name)
    return state is not None and bool(state.valid)


def is_index_of(session: Session, table: Relation, name: str) -> bool:
    """Return whether there is an index of a name, and it is one of a table."""
    state = index_state(session, name)
    return state is not None and bool(state.table == table.oid)


def has_no_extras(session: Session, name: str) -> bool:
    """Return whether an index has nothing that the statement which creates it does not say."""
    return bool(session.first_value(_HAS_NO_EXTRAS, name=name))


def ensure_index(
    executor: Executor, table: Relation, name: str, *, unique: bool, rest: str
) -> None:
    """Build an index, unless it is there; what an earlier run began goes first.

    name: without a schema, quoted. rest: what follows the table's name in CREATE INDEX.
    Raises RefusedError where rows are not unique.
    """
    place = f"{quote_name(table.schema)}.{name}"
    _refuse_taken_name(executor, table, place)
    if is_valid(executor, place):
        return
    drop_if_exists(executor, place)
    kind = "UNIQUE INDEX" if unique else "INDEX"
    statement = (
        f"CREATE {kind} CONCURRENTLY {name} ON {quote_name(table.schema, table.name)} {rest}"
    )
    build_concurrently(executor, table, statement, rest, lambda: drop_if_exists(executor, place))


def build_concurrently(
    executor: Executor, table: Relation, statement: str, rest: str, clean: Callable[[], object]
) -> None:
    """Execute CREATE INDEX CONCURRENTLY. clean: takes away what a failure leaves of it.

    Raises RefusedError where rows are not unique.
    """
    budget = executor.retry_budget()
    while True:
        try:
            executor.run_concurrently(statement)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            clean()
            if errors.sqlstate(error) == errors.SqlState.UNIQUE_VIOLATION:
                said = _describe_duplicates(executor, table, rest, error)
                refusal = of_batches.DUPLICATES(table.display_name, said=said)
                raise executor.refused_error(refusal) from error
            if not lock_retry.is_retryable(error):
                raise
            budget.pause_or_give_up(executor.connection, statement)
        else:
            return


def drop_if_exists(executor: Executor, name: str) -> None:
    """Drop an index, if it is there."""
    if index_state(executor, name) is not None:
        executor.run_concurrently(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def drop_left(executor: Executor, table: Relation, name: str) -> None:
    """Drop what a run that nobody finished has left under a name of ours.

    name: with its schema. Raises RefusedError where it is somebody else's.
    """
    _refuse_taken_name(executor, table, name)
    drop_if_exists(executor, name)


def _refuse_taken_name(executor: Executor, table: Relation, name: str) -> None:
    if executor.find_relation(name) is not None and not is_index_of(executor, table, name):
        raise executor.refused_error(of_batches.NAME_IS_TAKEN(table.display_name, name=name))


def has_definition(
    session: Session, table: Relation, name: str, *, unique: bool, rest: str
) -> bool:
    """Return whether an index that is there is what a statement would build."""
    kind = "UNIQUE INDEX" if unique else "INDEX"
    query = "SELECT pg_get_indexdef(to_regclass(:name))"
    try:
        with probe_table.empty_copy(session, table):
            session.execute(f"CREATE {kind} ddl_probe_index ON {probe_table.PROBE_TABLE} {rest}")
            wanted = session.first_value(query, name="pg_temp.ddl_probe_index")
            return _nameless_definition(wanted) == _nameless_definition(
                session.first_value(query, name=name)
            )
    except DBAPIError as error:
        lock_retry.reraise_if_no_answer(error)
        return False


def _nameless_definition(definition: str) -> tuple[bool, str]:
    """Return what pg_get_indexdef() says beside the names."""
    return definition.startswith("CREATE UNIQUE"), definition.partition(" USING ")[2]


def _describe_duplicates(executor: Executor, table: Relation, rest: str, error: DBAPIError) -> str:
    """Return how many values are there more than once, and one of them."""
    columns = [token.text for token in tokenize(rest)][1:-1:2]
    example = errors.describe_error(error)
    with suppress(DBAPIError), executor.connection.begin():
        executor.execute_all(time_limits.long_look(executor.version))
        names = ", ".join(columns)
        count = executor.first_value(
            f"SELECT count(*) FROM (SELECT FROM {quote_name(table.schema, table.name)} "  # noqa: S608  # names
            f"WHERE ({names}) IS NOT NULL GROUP BY {names} HAVING count(*) > 1) AS twice"
        )
        return f"duplicates in {table.display_name} ({count} of {names}): {example}."
    return f"duplicates in {table.display_name}: {example}."
