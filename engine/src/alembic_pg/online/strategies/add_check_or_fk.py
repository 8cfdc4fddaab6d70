"""FOREIGN KEY and CHECK: for new rows at once, for old ones after a look that blocks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.online.ensure import constraint
from alembic_pg.online.run import large_tables, violations
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import AddConstraint, ValidateConstraint

_NEWEST_CONSTRAINT = """
SELECT conname FROM pg_constraint
WHERE conrelid = :table AND xmin::text = (pg_current_xact_id()::xid)::text
  AND conparentid = 0 AND contype IN ('c', 'f')
"""


def strategy_for(
    runner: Runner, shape: AddConstraint, table: Relation
) -> Callable[[Runner, AddConstraint, Relation, str], None] | None:
    """Return how to add the constraint online, None where it takes but a moment."""
    if (
        shape.kind == "FOREIGN"
        and table.kind == "p"
        and runner.version < constraint.PARTITIONED_FK_SINCE
    ):
        large_tables.refuse_if_large(
            runner,
            table,
            f"Adding the foreign key {shape.name}",
            "Add it to each partition first.",
        )
        return None
    return add_constraint


def add_constraint(runner: Runner, shape: AddConstraint, table: Relation, key: str) -> None:
    """Add the constraint. Raises LeftNothingError where rows violate it."""
    runner.settle()
    with runner.outside(key):
        name = _existing_name(runner, shape, table, key) or _add_not_valid(
            runner, shape, table, key
        )
        constraint.validate_or_drop(runner, table, name)


def validation_strategy_for(
    runner: Runner, shape: ValidateConstraint, table: Relation
) -> Callable[[Runner, ValidateConstraint, Relation, str], None] | None:
    """Return how to look through a large table for a constraint that is there, else None."""
    return validate_existing if large_tables.is_large(table) or runner.resumed(shape.sql) else None


def validate_existing(runner: Runner, shape: ValidateConstraint, table: Relation, key: str) -> None:
    """Look through a table without the locks of what came before.

    Raises LeftNothingError where rows violate the constraint, which stays.
    """
    runner.settle()
    with runner.outside(key):
        try:
            runner.long(shape.sql)
        except DBAPIError as error:
            if errors.sqlstate(error) not in violations.VIOLATION_SQLSTATES:
                raise
            why = violations.describe_violation(runner, table, catalog_name(shape.name), "")
            raise runner.refuse(why) from error


def _existing_name(runner: Runner, shape: AddConstraint, table: Relation, key: str) -> str:
    """Return the name of the constraint when it is there already, else ""."""
    if not shape.name:
        return runner.journal.detail(key)
    if not constraint.constraint_exists(runner, table, shape.name):
        return ""
    if runner.journal.detail(key) != catalog_name(shape.name):
        runner.fail(shape.sql)
    return catalog_name(shape.name)


def _add_not_valid(runner: Runner, shape: AddConstraint, table: Relation, key: str) -> str:
    """Add the constraint for new rows; return its name."""
    named = f"CONSTRAINT {shape.name} " if shape.name else ""
    on = quote_name(table.schema, table.name)
    only = "ONLY " if shape.only else ""
    statement = f"ALTER TABLE {only}{on} ADD {named}{shape.body} NOT VALID"

    def add_it() -> str:
        runner.execute(statement)
        name = (
            catalog_name(shape.name)
            if shape.name
            else str(runner.one(_NEWEST_CONSTRAINT, table=table.oid))
        )
        runner.journal.mark(runner.connection, key, name)
        return name

    return runner.attempt(add_it, statement)
