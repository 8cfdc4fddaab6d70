"""Make a column NOT NULL, if it is not: NOT VALID first, validated beside traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.database import server_features
from alembic_pg.online.backfill import refill
from alembic_pg.online.ensure import constraint
from alembic_pg.online.run.helper_names import catalog_name, helper_name
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session
    from alembic_pg.online.run.executor import Executor
    from alembic_pg.online.run.revision_runner import Runner

_CONSTRAINT_NAME = """
SELECT conname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
WHERE contype = 'n' AND conrelid = :table AND attname = :column
"""

_IS_NOT_NULL = "SELECT attnotnull FROM pg_attribute WHERE attrelid = :table AND attname = :column"


def has_column(session: Session, table: Relation, column: str) -> bool:
    """Return whether a table has a column, quoted where it must be."""
    found = session.first_value(_IS_NOT_NULL, table=table.oid, column=catalog_name(column))
    return found is not None


def ensure_not_null(
    runner: Runner, table: Relation, column: str, *, fill: Callable[[], None] | None = None
) -> None:
    """Make a column NOT NULL, if it is not.

    column: quoted where it must be. fill: what gives a value to rows without one, if anything
    does. Raises RefusedError where it has nulls.
    """
    plain = catalog_name(column)
    alter = f"ALTER TABLE {quote_name(table.schema, table.name)}"
    helper = helper_name(plain, "not_null")
    if runner.version >= server_features.NOT_NULL_NOT_VALID_SINCE:
        # A NOT VALID one is attnotnull already.
        if runner.first_value(_CONSTRAINT_NAME, table=table.oid, column=plain) is None:
            runner.run_short(f"{alter} ADD NOT NULL {column} NOT VALID")
        refill.repeat_backfill(runner, table, plain)
        name = runner.first_value(_CONSTRAINT_NAME, table=table.oid, column=plain)
        constraint.validate_or_drop(runner, table, name, column=column, mend=fill)
        drop_script_check(runner, table, column)
        return
    there = constraint.constraint_exists(runner, table, quote_name(helper))
    if not runner.first_value(_IS_NOT_NULL, table=table.oid, column=plain):
        if not there:
            runner.run_short(
                f"{alter} ADD CONSTRAINT {quote_name(helper)} CHECK ({column} IS NOT NULL) NOT "
                f"VALID"
            )
        refill.repeat_backfill(runner, table, plain)
        constraint.validate_or_drop(runner, table, helper, column=column, mend=fill)
        there = True
        # With that CHECK there is no scan (ALTER TABLE, SET NOT NULL).
        runner.run_short(f"{alter} ALTER COLUMN {column} SET NOT NULL")
    if there:
        runner.run_short(f"{alter} DROP CONSTRAINT {quote_name(helper)}")


def drop_script_check(executor: Executor, table: Relation, column: str) -> None:
    """Drop the CHECK by which a script began to make a column NOT NULL.

    A script is for every version. column: quoted where it must be.
    """
    helper = quote_name(helper_name(catalog_name(column), "not_null"))
    if executor.journal.interrupted_at and constraint.constraint_exists(executor, table, helper):
        alter = f"ALTER TABLE {quote_name(table.schema, table.name)}"
        executor.run_short(f"{alter} DROP CONSTRAINT {helper}")
