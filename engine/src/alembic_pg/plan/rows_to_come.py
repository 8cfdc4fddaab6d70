"""Estimate how many rows a statement changes whose columns an earlier one is still to add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import planned_changes, probe_table
from alembic_pg.sql import parse_dml, parser, split
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_name
from alembic_pg.sql.statements import UpdateOrDelete

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session

# The columns that only the copy has. Of a value that no statistics tell of, the planner thinks what
# it thinks of a column that is new; random() lets it not see the NULL.
_ADDED = """
SELECT string_agg(format(', (CASE WHEN random() < 2 THEN NULL END)::%s AS %I',
  format_type(c.atttypid, c.atttypmod), c.attname), '')
FROM pg_attribute AS c
WHERE c.attrelid = to_regclass('pg_temp.ddl_probe') AND c.attnum > 0 AND NOT c.attisdropped
  AND NOT EXISTS (SELECT FROM pg_attribute AS t WHERE t.attrelid = {table}
    AND t.attname = c.attname AND NOT t.attisdropped)
"""


def changes_to_come(session: Session, sql: str, table: Relation) -> list[tuple[str, str, float]]:
    """Return what a statement does, to which table, and to how many rows; empty where unknown.

    session: whose empty copies have what the plan adds. sql: what the server cannot explain yet.
    table: that of the statement.
    """
    statement = parser.parse(_without_only(sql))
    if not isinstance(statement, UpdateOrDelete):
        return []
    name = quote_name(*session.name_before(table))
    where = f"WHERE {statement.condition}" if statement.condition else ""
    try:
        with probe_table.empty_copy(session, table):
            added = session.scalar(_ADDED.format(table=table.oid)) or ""
            changed = f"(SELECT * {added} FROM {name}) AS {statement.alias}"  # noqa: S608  # names
            rows = f"SELECT FROM {changed}{_other_tables(statement)} {where}"
            plan = planned_changes.plan_of(session.scalar(f"EXPLAIN (FORMAT JSON) {rows}"))
    except DBAPIError as error:
        lock_retry.reraise_if_no_answer(error)
        return []
    # As EXPLAIN calls them: Update, Delete.
    return [(statement.verb.split()[0].capitalize(), name, float(plan["Plan Rows"]))]


def _without_only(sql: str) -> str:
    """Return an UPDATE or DELETE as one of the tables that inherit, too."""
    cursor = split.first_statement(sql)
    if cursor.accept_any("UPDATE", "DELETE FROM") and cursor.peek("ONLY") and cursor.current:
        return sql[: cursor.current.start] + sql[cursor.current.end :]
    return sql


def _other_tables(statement: UpdateOrDelete) -> str:
    """Return what a statement names beside its table, after a comma; "" for nothing."""
    cursor = Cursor(statement.body)
    at = parse_dml.from_position(cursor)
    if statement.verb != "UPDATE":
        at = cursor.position if cursor.peek("USING") else None
    return "" if at is None else f", {statement.body[cursor.tokens[at].end :]}"
