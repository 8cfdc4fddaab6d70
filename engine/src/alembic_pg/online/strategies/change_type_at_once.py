"""Change a column's type in a moment, and validate its CHECKs afterwards, beside traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.ensure import constraint
from alembic_pg.online.run import large_tables, ways_back
from alembic_pg.online.strategies.strategy import (
    ACCESS_EXCLUSIVE,
    METADATA_ONLY,
    SCAN_BESIDE_TRAFFIC,
    Strategy,
    strategy,
)
from alembic_pg.refusals import of_statements
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_literal, quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import AlterColumnType

_CHECKS = """
SELECT conname AS name, pg_get_constraintdef(oid) AS definition, convalidated AS valid,
  obj_description(oid, 'pg_constraint') AS comment
FROM pg_constraint WHERE conrelid = :table AND contype = 'c' AND :number = ANY (conkey)
ORDER BY conname
"""

# What is noted once the type is another one, with the CHECKs that were valid.
NOTED_CHANGE = ways_back.NOTED_TYPE_CHANGE


def strategy_for(
    runner: Runner, statement: AlterColumnType, table: Relation, number: int, *, usual: bool
) -> Strategy | None:
    """Return how to change a type in a moment, as the CHECKs of the column are looked through.

    number: the column's. usual: whether the table is no part of others, nor has any.
    """
    checks = runner.fetch_rows(_CHECKS, table=table.oid, number=number)
    if usual and not any("NOT ENFORCED" in check.definition for check in checks):
        return change_and_validate.bound(number=number)
    kind = of_statements.TYPE_WITH_CHECKS
    large_tables.refuse_if_large(runner, table, kind, column=statement.column)
    return None


@strategy(
    "changed at once, its CHECKs validated after",
    ACCESS_EXCLUSIVE,
    f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}",
)
def change_and_validate(
    runner: Runner, statement: AlterColumnType, table: Relation, key: str, *, number: int
) -> None:
    """Change the type in a moment, and let the CHECKs be looked through afterwards."""
    runner.run_pending()
    on = quote_name(table.schema, table.name)
    with runner.outside_transaction(key):
        noted = runner.journal.detail(key)
        checks = runner.fetch_rows(_CHECKS, table=table.oid, number=number)
        valid = [check.name for check in checks if check.valid]
        alter = f"ALTER TABLE {on}"
        steps = [
            *(f"{alter} DROP CONSTRAINT {quote_name(check.name)}" for check in checks),
            statement.sql,
            *(
                f"{alter} ADD CONSTRAINT {quote_name(check.name)} "
                f"{check.definition.removesuffix(' NOT VALID')} NOT VALID"
                for check in checks
            ),
            *(
                f"COMMENT ON CONSTRAINT {quote_name(check.name)} ON {on} IS "
                f"{quote_literal(check.comment)}"
                for check in checks
                if check.comment
            ),
        ]

        if noted:
            valid = [token.identifier for token in tokenize(noted)[1::2]]
        else:
            names = ", ".join(map(quote_name, valid))
            runner.run_short(*steps, detail=(key, f"{NOTED_CHANGE} {names}"))
        # The type is another one from here on. A CHECK that was NOT VALID before stays so.
        with runner.leaving_work():
            for name in valid:
                constraint.validate(runner, table, name)
