"""Validate a constraint that was added NOT VALID, or take it away where rows violate it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.online.run import violations
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session
    from alembic_pg.online.run.executor import Executor

# From which on a foreign key of a partitioned table can be NOT VALID.
PARTITIONED_FK_SINCE = 180000

_IS_VALIDATED = "SELECT convalidated FROM pg_constraint WHERE conrelid = :table AND conname = :name"


def validate_or_drop(executor: Executor, table: Relation, name: str, *, column: str = "") -> None:
    """Let a constraint hold for old rows too, or take it away.

    name: as the catalog has it. column: of a NOT NULL constraint, quoted, else "".
    Raises RefusedError where rows violate it.
    """
    if executor.first_value(_IS_VALIDATED, table=table.oid, name=name):
        return
    on = quote_name(table.schema, table.name)
    try:
        executor.run_long(f"ALTER TABLE {on} VALIDATE CONSTRAINT {quote_name(name)}")
    except DBAPIError as error:
        if errors.sqlstate(error) not in violations.VIOLATION_SQLSTATES:
            raise
        why = violations.describe_violation(executor, table, name, column)
        executor.run_short(f"ALTER TABLE {on} DROP CONSTRAINT {quote_name(name)}")
        raise executor.refused_error(why) from error


def constraint_exists(session: Session, table: Relation, name: str) -> bool:
    """Return whether a table has a constraint."""
    query = "SELECT true FROM pg_constraint WHERE conrelid = :table AND conname = :name"
    return bool(session.first_value(query, table=table.oid, name=catalog_name(name)))
