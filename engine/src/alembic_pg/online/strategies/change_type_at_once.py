"""Change a column's type in a moment, and validate its CHECKs afterwards, beside traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_pg.online.ensure import constraint
from alembic_pg.online.run import dropped_objects, large_tables, ways_back
from alembic_pg.online.run.signals import PostponedStatement
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
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

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
    """Change the type in a moment, and let the CHECKs be looked through afterwards.

    What the revision has dropped and gives back is not missing for longer than that moment: the
    type changes in its transaction then, and the CHECKs wait for its end.
    """
    noted = runner.journal.detail(key)
    if not noted and runner.may_postpone and next(dropped_objects.recreated_later(runner), ""):
        _change_in_open_transaction(runner, statement, table, key, number)
        return
    runner.run_pending()
    with runner.outside_transaction(key):
        checks = runner.fetch_rows(_CHECKS, table=table.oid, number=number)
        valid = [check.name for check in checks if check.valid]
        if noted:
            valid = [token.identifier for token in tokenize(noted)[1::2]]
        else:
            steps = _change_statements(statement, table, checks)
            runner.run_short(*steps, detail=(key, _noted_change(valid)))
        _validate(runner, table, valid)


def _change_in_open_transaction(
    runner: Runner, statement: AlterColumnType, table: Relation, key: str, number: int
) -> None:
    checks = runner.fetch_rows(_CHECKS, table=table.oid, number=number)
    valid = [check.name for check in checks if check.valid]
    waits = runner.postponed
    if waits is not None and waits.until_commit and waits.name == table.display_name:
        valid = [*dict.fromkeys([*waits.constraints, *valid])]
        runner.journal.add_pending(waits.key)  # the note of this one has its CHECKs, too
        runner.postponed = None
    runner.run_pending()

    def work() -> None:
        dropped_objects.refuse_missing_objects(runner, table)
        with runner.outside_transaction(key, _noted_change(valid)):
            _validate(runner, table, valid)

    runner.execute_later(_change_statements(statement, table, checks))
    runner.executed.append(statement.sql)
    runner.postponed = PostponedStatement(
        key, table.display_name, work, until_commit=True, constraints=tuple(valid)
    )


def _change_statements(
    statement: AlterColumnType, table: Relation, checks: Sequence[Row[Any]]
) -> list[str]:
    """Return what changes a type without a look at the rows."""
    on = quote_name(table.schema, table.name)
    alter = f"ALTER TABLE {on}"
    return [
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


def _noted_change(valid: Sequence[str]) -> str:
    return f"{NOTED_CHANGE} {', '.join(map(quote_name, valid))}"


def _validate(runner: Runner, table: Relation, names: Sequence[str]) -> None:
    """Validate constraints. The type is another one by now: what is done stays."""
    with runner.leaving_work():
        for name in names:  # a CHECK that was NOT VALID before stays so
            constraint.validate(runner, table, name)
