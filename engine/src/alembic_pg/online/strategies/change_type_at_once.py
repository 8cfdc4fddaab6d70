"""Change a column's type in a moment, and validate its CHECKs afterwards, beside traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_pg.online.ensure import constraint
from alembic_pg.online.run import dropped_objects, journal, large_tables, ways_back
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.run.signals import PostponedValidation
from alembic_pg.online.strategies.strategy import (
    ACCESS_EXCLUSIVE,
    METADATA_ONLY,
    SCAN_BESIDE_TRAFFIC,
    Strategy,
    strategy,
)
from alembic_pg.refusals import of_statements
from alembic_pg.sql import parser, session_statements, split
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_literal, quote_name
from alembic_pg.sql.statements import AlterColumnType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.cursor import Cursor

_CHECKS = """
SELECT conname AS name, pg_get_constraintdef(oid) AS definition, convalidated AS valid,
  obj_description(oid, 'pg_constraint') AS comment
FROM pg_constraint WHERE conrelid = :table AND contype = 'c' AND :number = ANY (conkey)
ORDER BY conname
"""

_TAKES_ITS_TIME = ("CREATE", "MATERIALIZED", "VIEW")

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
        later = validates_later(runner, statement, table)
        if later is None:
            dropped_objects.refuse_missing_objects(runner, table)
        return change_and_validate.bound(number=number, later=bool(later))
    kind = of_statements.TYPE_WITH_CHECKS
    large_tables.refuse_if_large(runner, table, kind, column=statement.column)
    return None


def validates_later(runner: Runner, statement: AlterColumnType, table: Relation) -> bool | None:
    """Return whether the CHECKs wait for the end of the transaction, in which something is missing.

    None is returned where more than the moment stands between what goes and what comes back.
    """
    alone = runner.in_autocommit_block or not runner.may_postpone
    if alone or runner.journal.detail(journal.statement_key(statement.sql)):
        return False
    if not dropped_objects.is_missing(runner):
        return False
    if runner.connection_handed_out:
        return None  # what the revision sends by itself may stand between, too
    between = dropped_objects.statements_until_back(runner, statement.sql)
    if any(split.first_statement(one).accept(*_TAKES_ITS_TIME) for one in between):
        return False  # others miss it for that time anyhow
    waits = runner.postponed_validation()
    other = waits is not None and waits.table != table.oid
    return None if other or not all(map(_is_moment, between)) else True


def waits_on(runner: Runner, sql: str) -> bool:
    """Return whether CHECKs are still not validated before a statement that runs as it is."""
    waits = runner.postponed_validation() is not None
    return waits and dropped_objects.goes_with_given_back(runner, sql)


def _is_moment(sql: str) -> bool:
    """Return whether a statement may stand in the moment, and renames nothing in it."""
    cursor = split.first_statement(sql)
    if any(token.keyword == "RENAME" for token in cursor.tokens):
        return False
    return (
        isinstance(parser.parse(sql), AlterColumnType)
        or session_statements.detaches(sql)
        or session_statements.changes_default(sql)
        or bool(dropped_objects.given_back(sql))
        or bool(cursor.accept_any("GRANT", "REVOKE", "COMMENT"))
        or _drops_columns(cursor)
    )


def _drops_columns(cursor: Cursor) -> bool:
    if not cursor.accept("ALTER", "TABLE"):
        return False
    cursor.altered_table()
    return all(action.accept("DROP", "COLUMN") for action in cursor.split_commas())


@strategy(
    "changed at once, its CHECKs validated after",
    ACCESS_EXCLUSIVE,
    f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}",
)
def change_and_validate(  # noqa: PLR0913  # what strategy_for() found
    runner: Runner,
    statement: AlterColumnType,
    table: Relation,
    key: str,
    *,
    number: int,
    later: bool = False,
) -> None:
    """Change the type in a moment, and let the CHECKs be looked through afterwards.

    later: whether that waits for the end of the transaction, so that what the revision has dropped
    and gives back is not missing for longer than the moment.
    """
    if later:
        _change_in_open_transaction(runner, statement, table, key, number)
        return
    runner.run_pending()
    noted = runner.journal.detail(key)
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
    waits = runner.postponed_validation()
    if waits is not None and waits.table == table.oid:
        valid = [*dict.fromkeys([*waits.constraints, *valid])]
        runner.journal.add_pending(waits.key)  # the note of this one has its CHECKs, too
        runner.postponed.remove(waits)
    runner.run_pending()

    def work() -> None:
        dropped_objects.refuse_missing_objects(runner, table)
        with runner.outside_transaction(key, _noted_change(valid)):
            _validate(runner, table, valid)

    runner.execute_later(_change_statements(statement, table, checks))
    runner.executed.append(statement.sql)
    runner.swapped_columns.add((table.oid, catalog_name(statement.column)))
    runner.postponed.append(PostponedValidation(key, work, table.oid, tuple(valid)))


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
            if constraint.constraint_exists(runner, table, quote_name(name)):
                constraint.validate(runner, table, name)
