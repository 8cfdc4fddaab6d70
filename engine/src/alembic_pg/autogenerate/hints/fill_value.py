"""Say which value the rows get that have none in a column which becomes NOT NULL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, DefaultClause, literal
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError

from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from sqlalchemy import Column

INFO_KEY = "backfill"

# The driver's own style would double each percent sign.
_DIALECT = postgresql.dialect(paramstyle="named")


def hinted_value(column: Column[Any]) -> str:
    """Return the SQL of ``info={"backfill": …}`` of a NOT NULL column, or ""."""
    if column.nullable or column.computed is not None or column.identity is not None:
        return ""
    return str(column.info.get(INFO_KEY, "")).strip().removesuffix(";")


def value_of_new_column(column: Column[Any]) -> str:
    """Return the SQL of what old rows get in a column that comes, or "".

    The hint comes first; then a server default, which PostgreSQL itself gives to them, so that
    nothing is to be said; then the scalar Python default.
    """
    if value := hinted_value(column):
        return value
    if column.server_default is not None:
        return ""
    return "" if column.nullable else _python_default(column)


def value_of_null_rows(column: Column[Any]) -> str:
    """Return the SQL of what rows get instead of NULL in a column that becomes NOT NULL, or "".

    It is the hint, else the server default, else the scalar Python default.
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
    """Return a scalar default as a constant; "" of a function, and of what has no constant."""
    default = column.default
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
    except (SQLAlchemyError, NotImplementedError, TypeError, ValueError):
        return ""
