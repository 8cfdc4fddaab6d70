"""Set NOT NULL after the old rows were validated beside traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.ensure import not_null
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.strategies.strategy import (
    ACCESS_EXCLUSIVE,
    METADATA_ONLY,
    SCAN_BESIDE_TRAFFIC,
    strategy,
)
from alembic_pg.sql.quoting import quote_literal, quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import SetNotNull

# What is noted of a column that was not.
_NOTED_NULLABLE = "nullable"

_START_DETAIL = """
CASE WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass({table})
  AND attname = {column} AND NOT attnotnull) THEN '{nullable}' ELSE '' END
"""


def start_detail(table: str, column: str) -> str:
    """Return, as an SQL expression, what to note of the column before it is NOT NULL.

    table, column: as a statement has them.
    """
    return _START_DETAIL.format(
        table=quote_literal(table),
        column=quote_literal(catalog_name(column)),
        nullable=_NOTED_NULLABLE,
    ).strip()


@strategy(
    "added NOT VALID, then validated", ACCESS_EXCLUSIVE, f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}"
)
def make_not_null(runner: Runner, statement: SetNotNull, table: Relation, key: str) -> None:
    """Make a column NOT NULL. Raises RefusedError where it has nulls."""
    runner.run_pending()
    on = quote_name(table.schema, table.name)
    began = runner.start_detail(key, start_detail(on, statement.column))
    with runner.outside_transaction(key, began):
        if not not_null.has_column(runner, table, statement.column):
            runner.run_for_its_error(statement.sql)
        not_null.ensure_not_null(runner, table, statement.column)
