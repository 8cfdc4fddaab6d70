"""Add a column with a value of its own in each row: empty first, filled in batches after."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors, server_features
from alembic_pg.online.backfill import eligibility
from alembic_pg.online.ensure import not_null
from alembic_pg.online.run import large_tables, probe_table
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.strategies.strategy import (
    ACCESS_EXCLUSIVE,
    METADATA_ONLY,
    REWRITE_IN_BATCHES,
    Strategy,
    strategy,
)
from alembic_pg.refusals import of_batches, of_statements
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.plain_column import is_plain_column
from alembic_pg.sql.quoting import MAX_NAME_BYTES, quote_literal, quote_name
from alembic_pg.sql.row_ranges import RowChange

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import AddColumn

# Its file; and what else a definition may say: a NOT NULL is made by itself.
_TRACES = """
SELECT pg_relation_filenode('pg_temp.ddl_probe') AS file,
  (SELECT count(*) FROM pg_index WHERE indrelid = to_regclass('pg_temp.ddl_probe'))
  + (SELECT count(*) FROM pg_constraint
    WHERE conrelid = to_regclass('pg_temp.ddl_probe') AND contype <> 'n') AS parts
"""

# Words that _add() would leave out: of a column, of the sequence of an identity.
_UNSUPPORTED_WORDS = {"CONSTRAINT", "STORAGE", "COMPRESSION", "OPTIONS"}
_UNSUPPORTED_SEQUENCE_WORDS = {"SEQUENCE", "LOGGED", "UNLOGGED", "OWNED", "RESTART"}

_COLUMN = """
SELECT format_type(atttypid, atttypmod) AS type, attnotnull AS not_null,
  attidentity::text AS identity, attgenerated::text AS generated,
  pg_get_expr(adbin, adrelid) AS default,
  (SELECT quote_ident(nspname) || '.' || quote_ident(collname) FROM pg_collation
    JOIN pg_namespace AS n ON n.oid = collnamespace
    WHERE pg_collation.oid = attcollation AND attcollation <> typcollation) AS collation,
  pg_get_serial_sequence('pg_temp.ddl_probe', attname) AS sequence, traces.file, traces.parts
FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum, ({traces}) AS traces
WHERE attrelid = to_regclass('pg_temp.ddl_probe') AND attname = {column}
"""

_SEQUENCE = """
SELECT format('AS %s INCREMENT %s MINVALUE %s MAXVALUE %s START %s CACHE %s %s CYCLE',
  seqtypid::regtype, seqincrement, seqmin, seqmax, seqstart, seqcache,
  CASE WHEN seqcycle THEN '' ELSE 'NO' END)
FROM pg_sequence WHERE seqrelid = to_regclass(:name)
"""

_ATTRIBUTE = """
SELECT attidentity::text AS identity FROM pg_attribute
WHERE attrelid = :table AND attname = :column AND NOT attisdropped
"""


@dataclass(frozen=True)
class _ProbedColumn:
    """What PostgreSQL makes of the definition.

    sequence: the options of its own one, or "". parts: whether it has constraints or indexes.
    written: whether each row gets a value.
    """

    name: str
    type: str
    not_null: bool
    identity: str
    generated: str
    default: str
    sequence: str
    has_parts: bool
    rewrites: bool


def strategy_for(runner: Runner, statement: AddColumn, table: Relation) -> Strategy | None:
    """Return how to add a column for which PostgreSQL would write the table anew, else None."""
    # What shows that it is harmless costs no question, which is a way to the server and back.
    large = large_tables.is_large(runner, table) and not is_plain_column(statement.definition)
    if not (large or runner.was_interrupted(statement.sql)):
        return None
    words = _keywords(statement)
    if "REFERENCES" in words:
        # A temporary copy cannot have the key.
        if fills_key(statement):
            _refuse_definition(runner, table, statement.column)
        return None
    column = _probe_column(runner, statement, table)
    if column is None or not (column.rewrites or column.has_parts):
        return None
    if (
        column.identity
        and table.has_children
        and (table.kind == "r" or runner.version < server_features.PARTITIONED_IDENTITY_SINCE)
    ):
        return None  # PostgreSQL refuses it
    if (
        column.has_parts
        or words & _UNSUPPORTED_WORDS
        or not _can_copy_sequence(runner, statement, table, column)
    ):
        _refuse_definition(runner, table, statement.column)
        return None
    return _fill_strategy_for(runner, table, column, resumed=runner.was_interrupted(statement.sql))


def fills_key(statement: AddColumn) -> bool:
    """Return whether the rows of a new foreign key have a value, and are looked at therefore."""
    words = _keywords(statement)
    return "REFERENCES" in words and bool(words & {"DEFAULT", "GENERATED"})


def _fill_strategy_for(
    runner: Runner, table: Relation, column: _ProbedColumn, *, resumed: bool
) -> Strategy | None:
    """Return how to fill a column in batches; None where the revision lets the table stop."""
    if column.generated or not (column.default or column.sequence):
        large_tables.refuse_if_large(
            runner,
            table,
            of_statements.COLUMN_GENERATED,
            column=column.name,
        )
        return None
    why = "" if resumed else eligibility.backfill_blocker(runner, table)
    if not (why or resumed) and probe_table.adding_rewrites(runner, table, column.type):
        why = "the constraints of its domain are checked on every row as it is added"
    if why:
        kind = of_statements.COLUMN_WITHOUT_BATCHES
        large_tables.refuse_if_large(runner, table, kind, column=column.name, why=why)
    return None if why else add_and_fill.bound(column=column)


def _refuse_definition(runner: Runner, table: Relation, column: str) -> None:
    """Refuse a definition that says more than is done in steps, on a large table."""
    large_tables.refuse_if_large(
        runner,
        table,
        of_statements.COLUMN_DEFINITION,
        column=column,
    )


def _keywords(statement: AddColumn) -> set[str]:
    return {token.keyword for token in tokenize(statement.definition) if not token.depth}


def _can_copy_sequence(
    runner: Runner, statement: AddColumn, table: Relation, column: _ProbedColumn
) -> bool:
    """Return whether the column's sequence becomes what PostgreSQL would make of it."""
    if column.identity:
        words = {token.keyword for token in tokenize(statement.definition) if token.depth}
        return not words & _UNSUPPORTED_SEQUENCE_WORDS
    if not column.sequence or runner.was_interrupted(statement.sql):
        return True
    from alembic_pg.online.backfill import own_sequence  # noqa: PLC0415  # rare

    name = f"{table.name}_{catalog_name(column.name)}_seq"
    return (
        len(name.encode()) <= MAX_NAME_BYTES
        and runner.find_relation(
            own_sequence.sequence_name(table, column.name, is_identity=bool(column.identity))
        )
        is None
    )


def _probe_column(runner: Runner, statement: AddColumn, table: Relation) -> _ProbedColumn | None:
    """Return what the column becomes, None where it is impossible."""
    definition = probe_table.columns_of_probe(statement.definition, table)
    try:
        with probe_table.empty_copy(runner, table):
            alter = f"ALTER TABLE {probe_table.PROBE_TABLE}"
            drop = f"{alter} DROP COLUMN IF EXISTS {statement.column}"
            before = runner.row_after([drop], _TRACES)
            add = f"{alter} ADD COLUMN {statement.column} {definition}"
            name = quote_literal(catalog_name(statement.column))
            column = _COLUMN.format(traces=_TRACES, column=name)
            found = runner.row_after([add], column)
            options = runner.first_value(_SEQUENCE, name=found.sequence) if found.sequence else ""
    except DBAPIError as error:
        probe_table.raise_if_untold(runner, table, error)
        why = errors.describe_error(error)
        kind = of_statements.COLUMN_UNKNOWN
        large_tables.refuse_if_large(runner, table, kind, column=statement.column, error=why)
        return None  # PostgreSQL says why, when the statement itself is executed
    collation = f" COLLATE {found.collation}" if found.collation else ""
    return _ProbedColumn(
        statement.column,
        found.type + collation,
        found.not_null,
        found.identity,
        found.generated,
        "" if found.sequence else found.default or "",
        options,
        found.parts != before.parts,
        found.file != before.file,
    )


@strategy(
    "added empty, filled in batches, NOT NULL last",
    ACCESS_EXCLUSIVE,
    f"{METADATA_ONLY}, {REWRITE_IN_BATCHES}",
    meets_rows=True,
    is_unseen=True,
)
def add_and_fill(
    runner: Runner, statement: AddColumn, table: Relation, key: str, *, column: _ProbedColumn
) -> None:
    """Add a column empty, fill it in batches, and set its default and NOT NULL last."""
    from alembic_pg.online.backfill import own_sequence  # noqa: PLC0415  # of large tables only

    runner.run_pending()
    on, name = quote_name(table.schema, table.name), column.name
    alter = f"ALTER TABLE {on}"
    with runner.outside_transaction(key):
        found = runner.fetch_rows(_ATTRIBUTE, table=table.oid, column=catalog_name(name))
        if found and not runner.journal.detail(key):
            runner.run_for_its_error(statement.sql)
        sequence = own_sequence.sequence_name(table, column.name, is_identity=bool(column.identity))
        if not found:
            steps = [f"{alter} ADD COLUMN {name} {column.type}"]
            default = column.default
            if column.sequence:
                steps += own_sequence.create_statements(sequence, column.sequence, on, name)
                default = f"nextval({quote_literal(sequence)}::regclass)"
            steps.append(f"{alter} ALTER COLUMN {name} SET DEFAULT {default}")
            # Noted in the same moment: it is this statement's own.
            runner.run_short(*steps, detail=(key, "added"))
        elif column.identity and found[0].identity:
            return
        rows = RowChange(
            "UPDATE", "t", f"SET {name} = DEFAULT", f"t.{name} IS NULL", every_row=True
        )
        # A default may be NULL, of which a NOT NULL tells.
        fill = partial(runner.change_in_batches, table, rows, unseen=True, quiet=True)
        try:
            fill()
        except DBAPIError as error:
            _take_away_if_failing(runner, table, column, error)
            raise
        if column.not_null:
            # A newer release, which knows the column, may have written rows without a value.
            with runner.leaving_work():
                not_null.ensure_not_null(runner, table, name, fill=fill)
        if column.identity:
            own_sequence.make_identity(
                runner,
                table,
                name,
                sequence,
                options=column.sequence,
                identity=column.identity,
            )


def _take_away_if_failing(
    runner: Runner, table: Relation, column: _ProbedColumn, error: DBAPIError
) -> None:
    """Take a column away whose default fails for a row: it would for each new row of others, too.

    Raises RefusedError then.
    """
    if not errors.fails_again(error):
        return
    on = quote_name(table.schema, table.name)
    runner.run_short(f"ALTER TABLE {on} DROP COLUMN {column.name}")
    refusal = of_batches.DEFAULT_FAILS(
        table.display_name, column=column.name, error=errors.describe_error(error)
    )
    raise runner.refused_error(refusal) from error
