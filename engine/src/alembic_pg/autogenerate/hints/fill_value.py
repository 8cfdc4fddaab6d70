"""Say which value the rows get that have none in a column which becomes NOT NULL."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, DefaultClause, Null, SelectBase, Sequence, literal
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.elements import ClauseElement

from alembic_pg.autogenerate.hints.hint import BACKFILL
from alembic_pg.errors import UserError
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from sqlalchemy import Column

# The driver's own style would double each percent sign.
_DIALECT = postgresql.dialect(paramstyle="named")

# What SQLAlchemy raises for values that it cannot write as SQL.
_NO_CONSTANT = (SQLAlchemyError, NotImplementedError, TypeError, ValueError)


def hinted_value(column: Column[Any]) -> str:
    """Return the SQL of ``info={"backfill": …}`` of a NOT NULL column, or "".

    It may be a text, a constant, or an expression of SQLAlchemy's; None is no hint.
    Raises UserError for anything else.
    """
    if column.nullable or column.computed is not None or column.identity is not None:
        return ""
    hint = column.info.get(BACKFILL.key)
    if hint is None or isinstance(hint, (str, int, float, Decimal)):
        return "" if hint is None else str(hint).strip().removesuffix(";")
    expression = _expression(hint)
    if not expression:
        raise UserError(
            f'The info={{"backfill": …}} of {column.table.name}.{column.name} is a '
            f"{type(hint).__name__}: write the SQL as a text, such as now() or 'none'."
        )
    return expression


def value_of_new_column(column: Column[Any]) -> str:
    """Return the SQL of what old rows get in a column that comes, or "".

    The hint comes first; then a server default, which PostgreSQL itself gives to them, so that
    nothing is to be said; then the Python default.
    """
    if value := hinted_value(column):
        return value
    if column.server_default is not None:
        return ""
    return "" if column.nullable else _python_default(column)


def value_of_null_rows(column: Column[Any]) -> str:
    """Return the SQL of what rows get instead of NULL in a column that becomes NOT NULL, or "".

    It is the hint, else the server default, else the Python default.
    """
    if value := hinted_value(column):
        return value
    if column.server_default is not None:
        return _server_default(column)
    return _python_default(column)


def _server_default(column: Column[Any]) -> str:
    if not isinstance(column.server_default, DefaultClause):
        return ""  # what is computed or numbers the rows fills them itself
    compiler: Any = _DIALECT.ddl_compiler(_DIALECT, None)  # type: ignore[arg-type]  # of no statement
    return str(compiler.get_column_default_string(column))


def _python_default(column: Column[Any]) -> str:
    """Return a default as SQL: a scalar as a constant, an expression as SQLAlchemy inserts it.

    It is "" of a Python function, which has a value of its own for each row, and of what has no
    constant.
    """
    default = column.default
    if default is not None and (default.is_clause_element or default.is_sequence):
        return _expression(getattr(default, "arg", default))
    if default is None or not default.is_scalar:
        return ""
    value = getattr(default, "arg", None)
    if isinstance(value, bytes):  # SQLAlchemy writes them as no constant of PostgreSQL's
        return ""
    try:
        if isinstance(column.type, JSON):  # SQLAlchemy writes none of JSONB
            return quote_literal(json.dumps(value))
        constant = literal(value, column.type)
        return str(constant.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
    except _NO_CONSTANT:
        return ""


def _expression(value: object) -> str:
    """Return an expression of SQLAlchemy's as SQL; "" of what is none, or has no text."""
    if isinstance(value, Sequence):
        value = value.next_value()
    if not isinstance(value, ClauseElement) or isinstance(value, Null):
        return ""
    try:
        sql = str(value.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
    except _NO_CONSTANT:
        return ""
    return f"({sql})" if isinstance(value, SelectBase) else sql
