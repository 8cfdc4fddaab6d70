"""Choose the strategy by which a statement runs beside traffic, or none where it runs as it is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from alembic_pg.online.backfill import eligibility, refill
from alembic_pg.online.run import dropped_objects, journal, large_tables
from alembic_pg.online.strategies import (
    add_check_or_fk,
    add_column,
    add_enum_value,
    add_unique,
    alter_domain,
    attach_partition,
    change_type,
    create_index,
    create_index_partitioned,
    detach_partition,
    large_dml,
    maintenance,
    multi_statement,
    other_alter_table,
    replace_constraint,
    set_not_null,
    update,
)
from alembic_pg.online.strategies.strategy import Decision, Strategy
from alembic_pg.refusals import of_batches, of_statements
from alembic_pg.sql import parser, statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner


def choose_strategy(runner: Runner, sql: str, *, in_batches: bool) -> Decision | None:
    """Return the strategy for a statement, None where it runs as it is.

    in_batches: whether the revision wants it done so. What is returned is what a run executes, a
    script records and a plan shows. A statement about a table that this run has made itself runs
    as it is.
    Raises RefusedError for what would stop the work on a large table.
    """
    statement = parser.parse(sql)
    if in_batches and not isinstance(statement, statements.UpdateOrDelete):
        raise runner.refused_error(of_batches.BATCHES_OF_OTHER())
    if not (runner.existing_tables or isinstance(statement, statements.AddEnumValue)):
        return None
    if statement is None:
        multi_statement.refuse_long_parts(
            runner, sql, partial(choose_strategy, runner, in_batches=False)
        )
        return None
    return _choose_for_statement(runner, statement, in_batches=in_batches)


def _choose_for_statement(
    runner: Runner, statement: statements.Statement, *, in_batches: bool
) -> Decision | None:
    if isinstance(
        statement, statements.DropIndex | statements.AddEnumValue | statements.ConcurrentMaintenance
    ):
        return (
            None if runner.single_transaction_reason else _choose_without_table(runner, statement)
        )
    if type(statement) in _GUARDS:
        _GUARDS[type(statement)](runner, statement)
        return None
    table = runner.find_relation(statement.table)
    if table is not None and table.kind == "v" and isinstance(statement, statements.UpdateOrDelete):
        large_dml.refuse_many_rows(runner, statement)
    if table is None or table.kind not in _TABLE_KINDS or table.persistence == "t":
        return None
    if table.oid not in runner.existing_tables:
        return None
    strategy = _choose_for_table(runner, statement, table, in_batches=in_batches)
    if strategy is not None and runner.single_transaction_reason:
        large_tables.refuse_if_large(
            runner,
            table,
            of_statements.NO_JOURNAL
            if runner.no_journal_reason
            else of_statements.SINGLE_TRANSACTION,
            why=runner.single_transaction_reason,
        )
        strategy = None
    if strategy is None:
        return None
    _refuse_unfillable(runner, table, strategy)
    if not isinstance(statement, statements.AlterColumnType):  # which may be prepared before
        dropped_objects.refuse_missing_objects(runner, table)
        if not isinstance(statement, statements.UpdateOrDelete):  # which may want it gone
            replace_constraint.refuse_gap(runner, statement.sql)
    return _decision(strategy, runner, statement, table)


def _decision(strategy: Strategy, *about: object) -> Decision:
    """Return a strategy for one statement. about: what its run() takes before the key."""
    return Decision(partial(strategy.run, *about), strategy.summary, strategy.wait)


def may_take_steps(sql: str) -> bool:
    """Return whether a statement is of a kind that has a strategy."""
    statement = parser.parse(sql)
    return statement is not None and type(statement) not in _GUARDS


def _refuse_unfillable(runner: Runner, table: Relation, strategy: Strategy) -> None:
    """Raise RefusedError where a strategy fills a table, and the role may not meet or hide that."""
    if strategy.meets_rows:
        eligibility.refuse_hidden_rows(runner, table)
    if strategy.is_unseen:
        eligibility.refuse_fired_triggers(runner, table)


def valid_backfills(
    fills: dict[Any, statements.UpdateOrDelete], sql: str
) -> dict[Any, statements.UpdateOrDelete]:
    """Return what still fills columns as it did, once a statement has been executed.

    None of it after one that may change what their values are made of.
    """
    statement = parser.parse(sql)
    harmless = isinstance(statement, _CHANGE_NO_VALUES) or (
        isinstance(statement, statements.UpdateOrDelete) and bool(statement.backfill_column)
    )
    return fills if harmless else {}


def note_already_done(runner: Runner, sql: str) -> None:
    """Remember of a statement that an earlier run has done what a later one may need."""
    statement = parser.parse(sql)
    runner.backfill_statements = valid_backfills(runner.backfill_statements, sql)
    if isinstance(statement, statements.UpdateOrDelete) and statement.backfill_column:
        table = runner.find_relation(statement.table)
        if table is not None:
            refill.remember_backfill(runner, statement, table)


def _choose_without_table(
    runner: Runner,
    statement: statements.DropIndex | statements.AddEnumValue | statements.ConcurrentMaintenance,
) -> Decision | None:
    if isinstance(statement, statements.ConcurrentMaintenance):
        return _decision(maintenance.run_concurrently, runner, statement)
    if isinstance(statement, statements.AddEnumValue):
        return _decision(add_enum_value.add_value, runner, statement)
    key = journal.statement_key(statement.sql)
    if dropped_objects.is_missing(runner):
        return None  # a moment, too, and nothing is missing for longer
    if not create_index.can_drop_online(runner, statement, key):
        return None
    return _decision(create_index.drop_strategy(runner, statement), runner, statement)


def _choose_for_table(
    runner: Runner, statement: statements.Statement, table: Relation, *, in_batches: bool
) -> Strategy | None:
    if isinstance(statement, statements.UpdateOrDelete):
        return update.strategy_for(runner, statement, table, in_batches=in_batches)
    if isinstance(statement, _REFUSED_WITH_ONLY) and statement.only and table.has_children:
        large_tables.refuse_if_large(runner, table, of_statements.ALTER_ONLY)
        return None
    return _STRATEGIES[type(statement)](runner, statement, table)


def _choose_for_index(
    runner: Runner, statement: statements.CreateIndex, table: Relation
) -> Strategy | None:
    if replace_constraint.replaces(runner, statement, table):
        return create_index.replace_constraint_by_index
    if table.kind == "p":
        return create_index_partitioned.strategy_for(runner, statement, table)
    if statement.unique and replace_constraint.refuse_missing(runner, statement, table):
        return None
    dropped = any("DROP" in sql.upper() for sql in runner.met)
    if dropped and not create_index.replaces(runner, statement, table):
        from alembic_pg.online import dropped_indexes  # noqa: PLC0415  # of few revisions

        dropped_indexes.warn_of_gap(runner, statement, table)
    return create_index.create_concurrently


def _choose_for_constraint(
    runner: Runner, statement: statements.AddConstraint, table: Relation
) -> Strategy | None:
    if replace_constraint.replaces(runner, statement, table):
        return replace_constraint.strategy_for(statement)
    if statement.kind in {"CHECK", "FOREIGN"}:
        return add_check_or_fk.strategy_for(runner, statement, table)
    if (
        statement.kind in {"UNIQUE", "PRIMARY"}
        and table.kind == "r"
        and add_unique.can_use_index(statement)
    ):
        if replace_constraint.refuse_missing(runner, statement, table):
            return None
        if add_unique.is_name_certain(runner, statement, table):
            return add_unique.add_constraint
        large_tables.refuse_if_large(runner, table, of_statements.UNNAMED_CONSTRAINT)
        return None
    large_tables.refuse_if_large(
        runner,
        table,
        of_statements.OTHER_CONSTRAINT,
        name=statement.name,
    )
    return None


# Their steps take those that inherit along.
_REFUSED_WITH_ONLY = (statements.SetNotNull, statements.AddColumn, statements.AlterColumnType)

# They change no value of a row.
_CHANGE_NO_VALUES = (
    statements.SetNotNull,
    statements.ValidateConstraint,
    statements.AddConstraint,
    statements.CreateIndex,
    statements.DropIndex,
)

# Tables, those with partitions, and materialised views.
_TABLE_KINDS = {"r", "p", "m"}

# What has no strategy, and is not about one table that it names first.
_GUARDS: dict[type[statements.Statement], Callable[[Runner, Any], None]] = {
    statements.Rewrite: maintenance.refuse_large_tables,
    statements.UnnamedIndex: maintenance.refuse_unnamed_index,
    statements.AlterDomain: alter_domain.refuse_large_tables,
    statements.UnbatchedWrite: large_dml.refuse_many_rows,
}


def _choose_for_other_alter(
    runner: Runner, statement: statements.OtherAlterTable, table: Relation
) -> Strategy | None:
    other_alter_table.refuse_scan_or_rewrite(runner, statement, table)
    return replace_constraint.postponed_drop(runner, statement, table)


_STRATEGIES: dict[
    type[statements.Statement], Callable[[Runner, Any, Relation], Strategy | None]
] = {
    statements.CreateIndex: _choose_for_index,
    statements.AddConstraint: _choose_for_constraint,
    statements.ValidateConstraint: add_check_or_fk.validation_strategy_for,
    statements.SetNotNull: lambda *_: set_not_null.make_not_null,
    statements.AddColumn: add_column.strategy_for,
    statements.AlterColumnType: change_type.strategy_for,
    statements.OtherAlterTable: _choose_for_other_alter,
    statements.AddPartition: attach_partition.strategy_for,
    statements.DetachPartition: lambda *_: detach_partition.detach_concurrently,
}
