"""Validate a constraint that was added NOT VALID, or take it away where rows violate it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.online.run import violations
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.run.signals import RefusedError
from alembic_pg.refusals import of_batches
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session
    from alembic_pg.online.run.executor import Executor

_IS_VALIDATED = "SELECT convalidated FROM pg_constraint WHERE conrelid = :table AND conname = :name"


def validate_or_drop(
    executor: Executor,
    table: Relation,
    name: str,
    *,
    column: str = "",
    mend: Callable[[], None] | None = None,
) -> None:
    """Let a constraint hold for old rows too, or take it away.

    name: as the catalog has it. column: of a NOT NULL constraint, quoted, else "". mend: what
    changes the rows that violate it, if anything does; no new ones come.
    Raises RefusedError where rows violate it.
    """
    try:
        validate(executor, table, name, column=column)
    except RefusedError:
        if mend is not None and _is_done(mend):
            validate_or_drop(executor, table, name, column=column)
            return
        on = quote_name(table.schema, table.name)
        executor.run_short(f"ALTER TABLE {on} DROP CONSTRAINT {quote_name(name)}")
        raise


def _is_done(mend: Callable[[], None]) -> bool:
    """Mend rows; return whether the constraint let that happen."""
    try:
        mend()
    except DBAPIError as error:
        if errors.sqlstate(error) not in violations.VIOLATION_SQLSTATES:
            raise
        return False
    return True


def validate(executor: Executor, table: Relation, name: str, *, column: str = "") -> None:
    """Let a constraint hold for old rows too. Its parameters are those of validate_or_drop().

    Raises RefusedError where rows violate it, or it fails for one; it stays for new ones.
    """
    if executor.first_value(_IS_VALIDATED, table=table.oid, name=name):
        return
    on = quote_name(table.schema, table.name)
    try:
        executor.run_long(f"ALTER TABLE {on} VALIDATE CONSTRAINT {quote_name(name)}")
    except DBAPIError as error:
        if errors.sqlstate(error) in violations.VIOLATION_SQLSTATES:
            why = violations.describe_violation(executor, table, name, column)
            refusal = of_batches.WRONG_ROWS(table.display_name, said=why)
        elif errors.fails_again(error):
            # Everybody who writes such a row would meet that, too.
            why = errors.describe_error(error)
            refusal = of_batches.CONSTRAINT_FAILS(table.display_name, name=name, error=why)
        else:
            raise
        raise executor.refused_error(refusal) from error


def constraint_exists(session: Session, table: Relation, name: str) -> bool:
    """Return whether a table has a constraint."""
    query = "SELECT true FROM pg_constraint WHERE conrelid = :table AND conname = :name"
    return bool(session.first_value(query, table=table.oid, name=catalog_name(name)))
