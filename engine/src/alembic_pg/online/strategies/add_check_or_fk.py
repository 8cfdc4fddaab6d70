"""Add a CHECK or FOREIGN KEY as NOT VALID, then validate it beside traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors, server_features
from alembic_pg.online.ensure import constraint
from alembic_pg.online.run import large_tables, violations
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.strategies.strategy import (
    ACCESS_EXCLUSIVE,
    METADATA_ONLY,
    SCAN_BESIDE_TRAFFIC,
    SHARE_ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
    Strategy,
    strategy,
)
from alembic_pg.refusals import of_batches, of_statements
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import AddConstraint, ValidateConstraint

_NEWEST_CONSTRAINT = """
SELECT conname FROM pg_constraint
WHERE conrelid = {} AND xmin::text = (pg_current_xact_id()::xid)::text
  AND conparentid = 0 AND contype IN ('c', 'f')
"""


def strategy_for(runner: Runner, statement: AddConstraint, table: Relation) -> Strategy | None:
    """Return how to add the constraint online, None where it takes but a moment."""
    if (
        statement.kind == "FOREIGN"
        and table.kind == "p"
        and runner.version < server_features.PARTITIONED_FOREIGN_KEY_NOT_VALID_SINCE
    ):
        large_tables.refuse_if_large(
            runner,
            table,
            of_statements.PARTITIONED_FOREIGN_KEY,
            name=statement.name,
        )
        return None
    foreign = statement.kind == "FOREIGN"
    return add_constraint.locking(SHARE_ROW_EXCLUSIVE) if foreign else add_constraint


@strategy(
    "added NOT VALID, then validated", ACCESS_EXCLUSIVE, f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}"
)
def add_constraint(runner: Runner, statement: AddConstraint, table: Relation, key: str) -> None:
    """Add the constraint. Raises RefusedError where rows violate it."""
    runner.run_pending()
    with runner.outside_transaction(key):
        name = _existing_name(runner, statement, table, key) or _add_not_valid(
            runner, statement, table, key
        )
        constraint.validate_or_drop(runner, table, name)


def validation_strategy_for(
    runner: Runner, statement: ValidateConstraint, table: Relation
) -> Strategy | None:
    """Return how to look through a large table for a constraint that is there, else None."""
    return (
        validate_existing
        if large_tables.is_large(runner, table) or runner.was_interrupted(statement.sql)
        else None
    )


@strategy("by itself", SHARE_UPDATE_EXCLUSIVE, SCAN_BESIDE_TRAFFIC)
def validate_existing(
    runner: Runner, statement: ValidateConstraint, table: Relation, key: str
) -> None:
    """Look through a table without the locks of what came before.

    Raises RefusedError where rows violate the constraint, which stays.
    """
    runner.run_pending()
    with runner.outside_transaction(key):
        try:
            runner.run_long(statement.sql)
        except DBAPIError as error:
            if errors.sqlstate(error) not in violations.VIOLATION_SQLSTATES:
                raise
            why = violations.describe_violation(runner, table, catalog_name(statement.name), "")
            refusal = of_batches.WRONG_ROWS(table.display_name, said=why)
            raise runner.refused_error(refusal) from error


def _existing_name(runner: Runner, statement: AddConstraint, table: Relation, key: str) -> str:
    """Return the name of the constraint when it is there already, else ""."""
    if not statement.name:
        # Rows that violated it were the end of an earlier try, maybe.
        noted = runner.journal.detail(key)
        exists = noted and constraint.constraint_exists(runner, table, quote_name(noted))
        return noted if exists else ""
    if not constraint.constraint_exists(runner, table, statement.name):
        return ""
    if runner.journal.detail(key) != added_detail(statement):
        runner.run_for_its_error(statement.sql)
    return catalog_name(statement.name)


def added_detail(statement: AddConstraint) -> str:
    """Return what to note of a constraint with a name, in the transaction that adds it."""
    return catalog_name(statement.name)


def not_valid_statement(statement: AddConstraint, table: str) -> str:
    """Return what adds the constraint for new rows. table: as a statement has it."""
    named = f"CONSTRAINT {statement.name} " if statement.name else ""
    only = "ONLY " if statement.only else ""
    return f"ALTER TABLE {only}{table} ADD {named}{statement.body} NOT VALID"


def _add_not_valid(runner: Runner, statement: AddConstraint, table: Relation, key: str) -> str:
    """Add the constraint for new rows; return its name."""
    add = not_valid_statement(statement, quote_name(table.schema, table.name))

    if statement.name:
        runner.run_short(add, detail=(key, added_detail(statement)))
        return catalog_name(statement.name)

    def add_and_note() -> str:
        newest = _NEWEST_CONSTRAINT.format(table.oid)
        name = str(runner.value_after([*runner.short_limits(), add], newest))
        runner.execute_all(runner.journal.detail_statements(key, name))
        return name

    return runner.run_with_retries(add_and_note, add)
