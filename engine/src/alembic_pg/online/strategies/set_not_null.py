"""SET NOT NULL after a look at the old rows that blocks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.run.helper_names import catalog_name, helper_name
from alembic_pg.online.strategies import add_check_or_fk, update
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import SetNotNull

# From which on a NOT NULL is a constraint that can be NOT VALID.
_NOT_VALID_SINCE = 180000

_CONSTRAINT_NAME = """
SELECT conname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
WHERE contype = 'n' AND conrelid = :table AND attname = :column
"""

# What is noted of a column that was not.
_NOTED_NULLABLE = "nullable"

_IS_NOT_NULL = "SELECT attnotnull FROM pg_attribute WHERE attrelid = :table AND attname = :column"


def make_not_null(runner: Runner, shape: SetNotNull, table: Relation, key: str) -> None:
    """Make a column NOT NULL. Raises LeftNothingError where it has nulls."""
    runner.settle()
    began = runner.journal.detail(key) or (
        "" if is_not_null(runner, table, shape.column) else _NOTED_NULLABLE
    )
    with runner.outside(key, began):
        if runner.one(_IS_NOT_NULL, table=table.oid, column=catalog_name(shape.column)) is None:
            runner.fail(shape.sql)
        ensure(runner, table, shape.column)


def is_not_null(runner: Runner, table: Relation, column: str) -> bool:
    """Return whether a column, quoted where it must be, is NOT NULL, if only for new rows."""
    return bool(runner.one(_IS_NOT_NULL, table=table.oid, column=catalog_name(column)))


def ensure(runner: Runner, table: Relation, column: str) -> None:
    """Make a column NOT NULL, if it is not.

    column: quoted where it must be. Raises LeftNothingError where it has nulls.
    """
    plain = catalog_name(column)
    alter = f"ALTER TABLE {quote_name(table.schema, table.name)}"
    if runner.version >= _NOT_VALID_SINCE:
        # A NOT VALID one is attnotnull already.
        if runner.one(_CONSTRAINT_NAME, table=table.oid, column=plain) is None:
            runner.step(f"{alter} ADD NOT NULL {column} NOT VALID")
        update.repeat_backfill(runner, table, plain)
        name = runner.one(_CONSTRAINT_NAME, table=table.oid, column=plain)
        add_check_or_fk.validate_or_drop(runner, table, name, column=column)
        return
    helper = helper_name(plain, "not_null")
    there = add_check_or_fk.constraint_exists(runner, table, quote_name(helper))
    if not runner.one(_IS_NOT_NULL, table=table.oid, column=plain):
        if not there:
            runner.step(
                f"{alter} ADD CONSTRAINT {quote_name(helper)} CHECK ({column} IS NOT NULL) NOT "
                f"VALID"
            )
        update.repeat_backfill(runner, table, plain)
        add_check_or_fk.validate_or_drop(runner, table, helper, column=column)
        there = True
        # With that CHECK there is no scan (ALTER TABLE, SET NOT NULL).
        runner.step(f"{alter} ALTER COLUMN {column} SET NOT NULL")
    if there:
        runner.step(f"{alter} DROP CONSTRAINT {quote_name(helper)}")
