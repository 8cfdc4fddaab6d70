"""Change a column's type by a shadow column, or at once with its CHECKs validated afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.online.backfill import volatility
from alembic_pg.online.column_swap import dependents, preconditions, swap
from alembic_pg.online.column_swap.preconditions import ColumnState
from alembic_pg.online.column_swap.shadow_column import ShadowColumn
from alembic_pg.online.ensure.not_null import ensure_not_null
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import dropped_objects, journal, large_tables, probe_table
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.run.signals import RefusedError, ReplayError
from alembic_pg.online.strategies import change_type_at_once
from alembic_pg.online.strategies.strategy import (
    ACCESS_EXCLUSIVE,
    METADATA_ONLY,
    REWRITE_IN_BATCHES,
    Strategy,
    strategy,
)
from alembic_pg.refusals import of_batches, of_statements
from alembic_pg.sql import lexer, session_statements
from alembic_pg.sql.quoting import object_label

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import AlterColumnType

_PROBED_TYPE = """
SELECT format_type(atttypid, atttypmod) || coalesce((
  SELECT ' COLLATE ' || quote_ident(nspname) || '.' || quote_ident(collname)
  FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = collnamespace, pg_type AS t
  WHERE c.oid = attcollation AND t.oid = atttypid AND attcollation <> typcollation), '')
FROM pg_attribute WHERE attrelid = to_regclass('pg_temp.ddl_probe') AND attname = :column
"""

COLUMN = """
SELECT attnum AS number, attnotnull AS not_null, attgenerated <> '' AS generated,
  attinhcount > 0 AS inherited
FROM pg_attribute WHERE attrelid = :table AND attname = :column
"""

# Whether others stand behind a column.
_IS_LAST_COLUMN = """
SELECT max(attnum) = :number FROM pg_attribute WHERE attrelid = :table AND NOT attisdropped
  AND NOT (attname = :new)
"""


@dataclass(frozen=True)
class _ProbedEffect:
    """What PostgreSQL would do; type: the one that comes of it."""

    type: str
    rewrites: bool
    scans: bool


def strategy_for(runner: Runner, statement: AlterColumnType, table: Relation) -> Strategy | None:
    """Return how to change a column's type online; None where PostgreSQL needs but a moment."""
    found = runner.fetch_rows(COLUMN, table=table.oid, column=catalog_name(statement.column))
    if not found or large_tables.allows_blocking(runner, table):
        return None
    column = found[0]
    parts = dependents.column_dependents(runner, table, column.number)
    relations = [table, *parts.foreign_key_ends(runner)]
    sizes = (large_tables.is_large(runner, relation) for relation in relations)
    if not any(sizes) and not runner.was_interrupted(statement.sql):
        return None
    effect = _probe_effect(runner, statement, table)
    if effect is None or not (effect.rewrites or effect.scans):
        return None
    if not effect.rewrites:
        usual = not (table.has_children or table.is_partition or column.inherited)
        return change_type_at_once.strategy_for(
            runner, statement, table, column.number, usual=usual
        )
    hanging = preconditions.dependent_catalogs(runner, table, column.number)
    if preconditions.postgresql_refuses(hanging) or column.generated:
        return None
    return _swap_strategy_for(runner, statement, table, ColumnState(column, parts, hanging), effect)


def _swap_strategy_for(
    runner: Runner,
    statement: AlterColumnType,
    table: Relation,
    found: ColumnState,
    effect: _ProbedEffect,
) -> Strategy | None:
    """Return how a second column takes the place of one; None where the revision lets it not."""
    why = preconditions.swap_blocker(runner, statement, table, found)
    resumed = runner.was_interrupted(statement.sql)
    said = [] if resumed else dropped_objects.statements_before(runner, statement.sql)
    renamed = session_statements.recreated_type(said)
    if renamed and lexer.mentions(statement.definition, {renamed[1]}):
        kind = of_statements.TYPE_RENAMED
        large_tables.refuse_if_large(runner, table, kind, name=object_label(renamed))
    if not (why or resumed) and probe_table.adding_rewrites(runner, table, effect.type):
        why = "the constraints of its domain are checked on every row as it is added"
    value = statement.using or statement.column
    pinned = not why and not volatility.is_immutable(runner, value, effect.type, table)
    if pinned and not volatility.is_session_independent(runner, f"({value})::{effect.type}", table):
        why = "its value may depend on the session and the time"
    if why:
        kind = of_statements.TYPE_WITHOUT_SWAP
        large_tables.refuse_if_large(runner, table, kind, column=statement.column, why=why)
        return None
    from alembic_pg.online.column_swap.source_columns import source_columns  # noqa: PLC0415  # rare

    shadow = ShadowColumn(
        table,
        statement.column,
        effect.type,
        statement.using,
        journal.statement_key(statement.sql),
        pinned,
        source_columns(runner, value, table),
    )
    column = found.column
    return change_by_swap.bound(shadow=shadow, not_null=column.not_null, number=column.number)


def _probe_effect(
    runner: Runner, statement: AlterColumnType, table: Relation
) -> _ProbedEffect | None:
    """Return what PostgreSQL does with an empty table like this one."""
    using = (
        f" USING {probe_table.columns_of_probe(statement.using, table)}" if statement.using else ""
    )
    try:
        with probe_table.empty_copy(runner, table, probe_table.INCLUDING_ALL):
            effect = probe_table.effect_of(
                runner, f"ALTER COLUMN {statement.column} TYPE {statement.definition}{using}"
            )
            kind = runner.first_value(_PROBED_TYPE, column=catalog_name(statement.column))
            return _ProbedEffect(kind, effect.rewrites, effect.scans)
    except DBAPIError as error:
        probe_table.raise_if_untold(runner, table, error)
        why = errors.describe_error(error)
        kind = of_statements.TYPE_UNKNOWN
        large_tables.refuse_if_large(runner, table, kind, column=statement.column, error=why)
        return None  # PostgreSQL says why, when the statement itself is executed


@strategy(
    "second column, filled in batches, takes its place",
    ACCESS_EXCLUSIVE,
    f"{METADATA_ONLY}, {REWRITE_IN_BATCHES}",
    meets_rows=True,
    is_unseen=True,
)
def change_by_swap(  # noqa: PLR0913  # what strategy_for() found
    runner: Runner,
    statement: AlterColumnType,
    table: Relation,
    key: str,
    *,
    shadow: ShadowColumn,
    not_null: bool,
    number: int,
) -> None:
    """Fill a shadow column and swap it for the old one, with what depends on it."""
    del statement
    if key in runner.prepared_swaps:
        if not runner.queue.only_detaches():
            runner.send_queued()
        parts = dependents.column_dependents(runner, table, number)
        keeps = catalog_name(shadow.old_column) not in runner.dropped_defaults(table)
        runner.execute_later(swap.swap_statements(runner, shadow, parts, keeps_default=keeps))
        runner.executed.append(session_statements.SWAP_ENTRY)
        runner.swapped_columns.add((table.oid, catalog_name(shadow.old_column)))
        runner.journal.add_pending(key)
        return

    from alembic_pg.online.column_swap import (  # noqa: PLC0415  # of large tables only
        rows_before,
        swap_transaction,
    )

    rows_before.refuse_unfit_rows(runner, shadow, number)
    new = catalog_name(shadow.new_column)
    if not runner.first_value(_IS_LAST_COLUMN, table=table.oid, number=number, new=new):
        runner.warn(
            f"{shadow.old_column} becomes the last column of {table.display_name}: "
            "INSERT and COPY beside this run must name their columns; "
            f"{large_tables.BLOCKING_VARIABLE} = "
            f"[{large_tables.blocking_name(table)}] keeps the "
            "order, and nobody can use the table meanwhile."
        )

    def prepare() -> None:
        _prepare_swap(runner, shadow, number, not_null=not_null)

    begin = swap_transaction.joined_from(runner, table, catalog_name(shadow.old_column))
    swap_transaction.raise_commit_before(runner, begin)
    if begin == 0 and not dependents.has_other_copies(runner, table, number):
        # A view, say, that the revision drops before and creates after: in the swap's moment.
        raise ReplayError(key, prepare, partial(shadow.drop, runner))
    dropped_objects.refuse_missing_objects(runner, table)
    runner.run_pending()
    with runner.outside_transaction(key):
        prepare()
        parts = dependents.column_dependents(runner, table, number)
        # A second run would take the new values for old ones: swapped and noted are one.
        runner.run_short(*swap.swap_statements(runner, shadow, parts), done=key)


def _prepare_swap(runner: Runner, shadow: ShadowColumn, number: int, *, not_null: bool) -> None:
    """Make all that the swap needs, beside traffic."""
    runner.remember_cleanup(*shadow.drop_statements)
    runner.helpers.name(catalog_name(shadow.old_column), "new")  # which errors may quote
    try:
        shadow.create(runner)
        shadow.fill(runner)
        if not_null:
            ensure_not_null(runner, shadow.table, shadow.new_column)
        dependents.copy_to_shadow(
            runner, shadow, dependents.column_dependents(runner, shadow.table, number)
        )
        shadow.verify(runner)
    except RefusedError:
        shadow.drop(runner)
        raise
    except DBAPIError as error:
        lock_retry.reraise_if_no_answer(error)
        # Its trigger would fail for everybody who writes.
        shadow.drop(runner)
        raise runner.refused_error(
            of_batches.NO_SECOND_COLUMN(
                shadow.table.display_name,
                column=shadow.old_column,
                type=shadow.type,
                error=errors.describe_error(error),
            )
        ) from error
    runner.run_long(f"ANALYZE {shadow.table_name} ({shadow.new_column})")
