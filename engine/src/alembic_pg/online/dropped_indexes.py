"""Ask the database for what the drop of an index or a constraint can wait, and how long it must."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online import postponed_drops
from alembic_pg.online.ensure.index import index_state
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import journal, large_tables, probe_table
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.refusals import of_statements
from alembic_pg.sql import parser, session_statements, split, statements
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.postponed_drops import Dropped
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.online.run.signals import Wait
    from alembic_pg.sql.cursor import QualifiedName

# Whether an index is unique, and its columns, where two rows that it does not allow are alike in
# them whatever else it has.
_UNIQUE = """
SELECT indisunique AS is_unique, CASE WHEN indexprs IS NULL
    AND to_jsonb(i) ->> 'indnullsnotdistinct' IS DISTINCT FROM 'true' THEN ARRAY(
  SELECT attname::text FROM pg_attribute
  WHERE attrelid = indrelid AND attnum = ANY ((indkey::int2[])[0:indnkeyatts - 1]))
  ELSE '{}' END AS columns
FROM pg_index AS i JOIN pg_class AS c ON c.oid = indexrelid
WHERE indrelid = :table AND relname = :name
"""

# A table by its oid, as statements name it.
_NAME = "SELECT CAST(CAST(:oid AS oid) AS regclass)::text"


def table_of(runner: Runner, index: Relation) -> Relation | None:
    """Return the table of an index, None where it has none."""
    state = index_state(runner, quote_name(index.schema, index.name))
    if state is None:
        return None
    return runner.find_relation(str(runner.first_value(_NAME, oid=state.table)))


def wait_of(
    runner: Runner,
    sql: str,
    dropped: Dropped,
    table: Relation,
    can_come_first: Callable[[Runner, statements.AddConstraint, Relation], bool],
) -> Wait | None:
    """Return for which later statements a drop waits, None where for none.

    sql: the statement. can_come_first: returns whether a constraint of the table can be made under
    another name.
    Raises RefusedError where the table is large, and would lack a unique one meanwhile.
    """
    following = runner.following_statements(sql)
    wait = postponed_drops.wait_of(following, dropped)
    made = parser.parse(wait.replacement) if wait is not None and wait.replacement else None
    if isinstance(made, statements.AddConstraint) and not can_come_first(runner, made, table):
        wait = None
    if wait is None and dropped.is_unique:
        _refuse_gap(runner, following, dropped, table)
    return wait


def dropped_one(runner: Runner, kind: str, name: str, table: Relation) -> Dropped:
    """Return what a statement drops.

    kind: as postponed_drops has it. name: as the catalog has it.
    """
    found = runner.fetch_rows(_UNIQUE, table=table.oid, name=name)
    is_unique, columns = found[0] if found else (False, [])
    return postponed_drops.Dropped(
        kind,
        name,
        is_unique,
        partial(runner.is_relation, oid=table.oid),
        partial(_may_be_of_schema, runner, table.schema),
        partial(_outlives, runner, table),
        lambda made: not is_unique or _is_over(made, columns),
    )


def dropped_name(runner: Runner, sql: str, table: Relation | None) -> str:
    """Return the name of what a statement drops, as PostponedDrop has it.

    table: of the constraint; None of an index.
    """
    statement = parser.parse(sql)
    if isinstance(statement, statements.DropIndex):
        found = runner.find_relation(statement.name)
        return quote_name(found.schema, found.name) if found is not None else ""
    assert table is not None, "it has the constraint"  # noqa: S101
    return quote_name(table.schema, table.name, session_statements.dropped_constraint(sql))


def stays_in_transaction(runner: Runner, name: str, table: Relation) -> bool:
    """Return whether a unique index is to be dropped in the open transaction.

    So it is where the drop cannot wait, and the same revision may make a unique one of the name
    again: if it does, that is refused before anybody has met the table without.
    name: as the catalog has it.
    """
    asks = runner.connection_handed_out or not runner.revision_statements()
    if not asks or runner.in_autocommit_block or runner.running.step is None:
        return False
    found = runner.fetch_rows(_UNIQUE, table=table.oid, name=name)
    made = (parser.parse(one) for one in runner.revision_texts())
    again = any(
        postponed_drops.is_unique(one)
        and catalog_name(one.name or '""') == name
        and _may_be_of_schema(runner, table.schema, one.table)
        for one in made
    )
    return bool(found) and found[0].is_unique and again


def warn_of_gap(runner: Runner, statement: statements.CreateIndex, table: Relation) -> None:
    """Tell of an index that is built anew, and whose drop could not wait for it."""
    name, is_gone = catalog_name(statement.name), False
    for sql in runner.met:
        made = parser.parse(sql)
        if _may_be_dropped(_dropped_names(sql), table.schema, name):
            is_gone = True
        elif isinstance(made, statements.CreateIndex) and sql != statement.sql:
            same = catalog_name(made.name) == name
            is_gone = is_gone and not (same and _may_be_of_schema(runner, table.schema, made.table))
    if is_gone and large_tables.is_large(runner, table):
        runner.warn(missing_warning(name, table.display_name))


def missing_warning(name: str, table: str) -> str:
    """Return what a person is told of an index that goes before the new one is built."""
    return (
        f"{name} of {table} is missing until it is built anew: queries of {table} that "
        "use it are slow meanwhile. Drop it right before the statement that creates it, in a "
        "revision that does not ask the database (op.get_bind()): it then stays until then."
    )


def gap_warnings(runner: Runner, texts: Sequence[str]) -> Iterator[str]:
    """Yield what a person is told of a revision that asks the database, and may do as texts say."""
    dropped: set[QualifiedName] = set()
    for sql in texts:
        made = parser.parse(sql)
        if isinstance(made, statements.CreateIndex) and dropped:
            table, name = runner.find_relation(made.table), catalog_name(made.name)
            if (
                table is not None
                and _may_be_dropped(dropped, table.schema, name)
                and large_tables.is_large(runner, table)
            ):
                yield missing_warning(name, table.display_name)
        dropped |= {*_dropped_names(sql)}


def _dropped_names(sql: str) -> Iterator[QualifiedName]:
    """Yield the names of what a statement drops that may have an index; "" for no schema.

    A constraint's index is in the schema of its table.
    """
    for one in split.index_drops(sql) or [sql]:
        statement = parser.parse(one)
        if isinstance(statement, statements.DropIndex):
            yield _as_written(statement.name)
    table, names = session_statements.dropped_constraints(sql)
    yield from ((_as_written(table)[0], one) for one in names)


def _may_be_dropped(dropped: Iterable[QualifiedName], schema: str, index: str) -> bool:
    """Return whether one of some names may mean an index of a schema. index: its own name."""
    return any(name == index and written in {"", schema} for written, name in dropped)


def _may_be_of_schema(runner: Runner, schema: str, name: str) -> bool:
    """Return whether what a statement calls by a name may be of a schema, be it there or not."""
    found = runner.find_relation(name)
    return (found.schema if found is not None else _as_written(name)[0]) in {"", schema}


def _as_written(name: str) -> QualifiedName:
    """Return a name with the schema that is written before it, "" without."""
    return Cursor(name, default_schema="").qualified_name()


def _is_over(made: statements.Statement, columns: Sequence[str]) -> bool:
    """Return whether one is unique over some of the columns, and nothing else.

    Where rows with the new type of a column violate another one over all of them, they violate
    this one, too.
    """
    if not postponed_drops.is_unique(made):
        return False
    found = tokenize(made.rest if isinstance(made, statements.CreateIndex) else made.body)
    texts = [token.text for token in found]
    if "(" not in texts or any(token.keyword == "WHERE" for token in found):
        return False
    listed = found[texts.index("(") + 1 : texts.index(")")]
    names = {token.identifier for token in listed[::2]}
    return all(token.text == "," for token in listed[1::2]) and names <= {*columns}


def _outlives(
    runner: Runner, table: Relation, change: statements.AlterColumnType, before: Sequence[str]
) -> bool:
    """Return whether what a table has may be there at a change of type.

    An operator class, or a function in an index, may not take the new one. before: the statements
    in between, which may change the table, too.
    """
    if not runner.is_relation(change.table, table.oid):
        return True
    if _is_done(runner, change.sql) or runner.was_interrupted(change.sql):
        return True  # as it was found before
    left = (one for one in before if not _is_done(runner, one))
    said = [one for one in map(parser.parse, left) if one is not None]
    own = [one for one in said if one.table and runner.is_relation(one.table, table.oid)]
    actions = [action for one in [*own, change] for action in _actions_on_copy(one, table)]
    try:
        with probe_table.empty_copy(runner, table, probe_table.INCLUDING_ALL):
            runner.execute_all(
                [f"ALTER TABLE {probe_table.PROBE_TABLE} {action}" for action in actions]
            )
    except DBAPIError as error:
        lock_retry.reraise_if_no_answer(error)
        return False
    return True


def _is_done(runner: Runner, sql: str) -> bool:
    """Return whether a statement is noted as done, by an earlier run or in the script so far."""
    key = journal.statement_key(sql)
    return any(one.partition(":")[0] == key for one in runner.journal.note.done)


def _actions_on_copy(statement: statements.Statement, table: Relation) -> Iterator[str]:
    """Yield what a statement does with the columns of a copy of its table."""
    if isinstance(statement, statements.AddColumn):
        yield f"ADD COLUMN {statement.column} {statement.definition}"
    elif isinstance(statement, statements.AlterColumnType):
        using = probe_table.columns_of_probe(statement.using, table)
        using = f" USING {using}" if using else ""
        yield f"ALTER COLUMN {statement.column} TYPE {statement.definition}{using}"
    elif session_statements.changes_default(statement.sql):
        assert isinstance(statement, statements.OtherAlterTable), "it is no other"  # noqa: S101
        yield statement.rest


def _refuse_gap(
    runner: Runner, following: Sequence[str], dropped: Dropped, table: Relation
) -> None:
    """Raise RefusedError where a unique one is made again that cannot stay until then.

    Of a constraint, only a change of type in between is looked for: what ends the transaction
    otherwise is refused as it comes (replace_constraint.py).
    """
    for made in postponed_drops.unique_again(following, dropped):
        kind = of_statements.DROPPED_CONSTRAINT
        large_tables.refuse_if_large(runner, table, kind, name=made.name)
