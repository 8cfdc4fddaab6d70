"""FOREIGN KEY and CHECK: for new rows at once, for old ones after a look that blocks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import error_text
from alembic_pg.online.run import large_tables
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import AddConstraint, ValidateConstraint

# not_null_violation, foreign_key_violation, check_violation (Appendix A).
VIOLATION_SQLSTATES = {"23502", "23503", "23514"}

# From which on a foreign key of a partitioned table can be NOT VALID.
PARTITIONED_FK_SINCE = 180000

_IS_VALIDATED = "SELECT convalidated FROM pg_constraint WHERE conrelid = :table AND conname = :name"

_NEWEST_CONSTRAINT = """
SELECT conname FROM pg_constraint
WHERE conrelid = :table AND xmin::text = (pg_current_xact_id()::xid)::text
  AND conparentid = 0 AND contype IN ('c', 'f')
"""

_PRIMARY_KEY = """
SELECT string_agg(format('%I = %%s', a.attname), ', ' ORDER BY k.n) AS shown,
  array_agg(quote_ident(a.attname) ORDER BY k.n) AS columns
FROM pg_index AS i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, n), pg_attribute AS a
WHERE i.indrelid = :table AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = k.attnum
"""

_CONSTRAINT = """
SELECT confrelid::regclass::text AS other,
  (SELECT array_agg(quote_ident(attname) ORDER BY n)
    FROM unnest(conkey) WITH ORDINALITY AS k (c, n)
    JOIN pg_attribute ON attrelid = conrelid AND attnum = c) AS own,
  (SELECT array_agg(quote_ident(attname) ORDER BY n)
    FROM unnest(confkey) WITH ORDINALITY AS k (c, n)
    JOIN pg_attribute ON attrelid = confrelid AND attnum = c) AS others,
  pg_get_expr(conbin, conrelid) AS expression, contype AS kind
FROM pg_constraint WHERE conrelid = :table AND conname = :name
"""


def strategy_for(
    runner: Runner, shape: AddConstraint, table: Relation
) -> Callable[[Runner, AddConstraint, Relation, str], None] | None:
    """Return how to add the constraint online, None where it takes but a moment."""
    if shape.kind == "FOREIGN" and table.kind == "p" and runner.version < PARTITIONED_FK_SINCE:
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
        validate_or_drop(runner, table, name)


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
            if error_text.sqlstate(error) not in VIOLATION_SQLSTATES:
                raise
            why = _describe_violation(runner, table, catalog_name(shape.name), "")
            raise runner.refuse(why) from error


def _existing_name(runner: Runner, shape: AddConstraint, table: Relation, key: str) -> str:
    """Return the name of the constraint when it is there already, else ""."""
    if not shape.name:
        return runner.journal.detail(key)
    if not constraint_exists(runner, table, shape.name):
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


def validate_or_drop(runner: Runner, table: Relation, name: str, *, column: str = "") -> None:
    """Let a constraint hold for old rows too, or take it away.

    name: as the catalog has it. column: of a NOT NULL constraint, quoted, else "".
    Raises LeftNothingError where rows violate it.
    """
    if runner.one(_IS_VALIDATED, table=table.oid, name=name):
        return
    on = quote_name(table.schema, table.name)
    try:
        runner.long(f"ALTER TABLE {on} VALIDATE CONSTRAINT {quote_name(name)}")
    except DBAPIError as error:
        if error_text.sqlstate(error) not in VIOLATION_SQLSTATES:
            raise
        why = _describe_violation(runner, table, name, column)
        runner.step(f"ALTER TABLE {on} DROP CONSTRAINT {quote_name(name)}")
        raise runner.refuse(why) from error


def constraint_exists(runner: Runner, table: Relation, name: str) -> bool:
    """Return whether a table has a constraint."""
    query = "SELECT true FROM pg_constraint WHERE conrelid = :table AND conname = :name"
    return bool(runner.one(query, table=table.oid, name=catalog_name(name)))


def _describe_violation(runner: Runner, table: Relation, name: str, column: str) -> str:
    on = quote_name(table.schema, table.name)
    found = runner.rows(_CONSTRAINT, table=table.oid, name=name)[0]
    column = column or (found.own[0] if found.kind == "n" else "")
    if column:
        wrong, what = f"{column} IS NULL", f"have no {column}, which becomes NOT NULL"
    elif found.expression:
        wrong, what = f"NOT ({found.expression})", f'violate the CHECK "{name}"'
    else:
        pairs = list(zip(found.own, found.others, strict=True))
        filled = " AND ".join(f"{on}.{own} IS NOT NULL" for own, _ in pairs)
        equal = " AND ".join(f"other.{other} = {on}.{own}" for own, other in pairs)
        wrong = f"{filled} AND NOT EXISTS (SELECT FROM {found.other} AS other WHERE {equal})"
        what = f'point to no row of {found.other}, as the FOREIGN KEY "{name}" wants'
    return (
        describe_wrong_rows(runner, table, wrong, what)
        or f'rows of {table.shown} did not fit "{name}" when it was checked.'
    )


def describe_wrong_rows(queries: Session, table: Relation, wrong: str, what: str) -> str:
    """Return how many rows of a table are wrong, and one of them, "" when none is.

    queries: without a transaction. wrong: a condition, in which the table has its full name. what:
    they are, in words.
    """
    on = quote_name(table.schema, table.name)
    key = queries.rows(_PRIMARY_KEY, table=table.oid)[0]
    columns = key.columns or ["ctid"]
    selected = ", ".join(f"{on}.{column}::text" for column in columns)
    with queries.connection.begin():
        queries.execute("SET LOCAL statement_timeout = 0")
        condition = _escape_parameters(wrong)
        row = queries.rows(
            f"SELECT count(*) OVER (), {selected} FROM {on} WHERE {condition} LIMIT 1"  # noqa: S608
        )
    if not row:
        return ""
    example = (key.shown or "ctid = %s") % tuple(row[0][1:])
    return f"{row[0][0]} rows of {table.shown} {what}, for example {example}. Mend them first."


def _escape_parameters(expression: str) -> str:
    """Return an expression in which SQLAlchemy sees no parameters."""
    return expression.replace("\\", "\\\\").replace(":", "\\:")
