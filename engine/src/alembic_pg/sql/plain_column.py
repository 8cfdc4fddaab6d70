"""Tell columns that PostgreSQL adds without a look at a row, as their definitions show.

A constant default is kept in the catalog since PostgreSQL 11 (ALTER TABLE, "Notes"); only a
constrained domain, a volatile default or a generated value makes it write the table anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.cursor import Cursor

if TYPE_CHECKING:
    from alembic_pg.sql.lexer import Token

# Types of PostgreSQL's own, with the words that belong to them; none of them is a domain.
_BUILT_IN = (
    *("DOUBLE PRECISION", "CHARACTER VARYING", "CHARACTER", "BIT VARYING", "BIT", "SMALLINT"),
    *("INTEGER", "INT", "BIGINT", "REAL", "NUMERIC", "DECIMAL", "BOOLEAN", "BOOL", "VARCHAR"),
    *("CHAR", "TEXT", "BYTEA", "DATE", "UUID", "JSONB", "JSON", "INET", "CIDR", "TSVECTOR"),
    *("INTERVAL", "TIMESTAMPTZ", "TIMESTAMP", "TIMETZ", "TIME"),
)
_ZONES = ("WITH TIME ZONE", "WITHOUT TIME ZONE")
_CONSTANT_WORDS = ("TRUE", "FALSE", "NULL")


def is_plain_column(definition: str) -> bool:
    """Return whether a column's definition is a built-in type, a constant default, NULL or not.

    definition: what follows the name of the column in ADD COLUMN. Others may be as harmless.
    """
    cursor = Cursor(definition)
    if not cursor.accept_any(*_BUILT_IN):
        return False
    cursor.skip_brackets()
    cursor.accept_any(*_ZONES)
    while cursor.accept("["):
        if not cursor.accept("]"):
            return False
    if cursor.accept("DEFAULT") and not _accept_constant(cursor):
        return False
    cursor.accept_any("NOT NULL", "NULL")
    return cursor.current is None


def _accept_constant(cursor: Cursor) -> bool:
    """Step over a string, a number or a word that stands for itself; return whether it was one."""
    if cursor.accept_any(*_CONSTANT_WORDS):
        return True
    cursor.accept("-")
    token = cursor.current
    if token is None or not _is_constant(token):
        return False
    cursor.position += 1
    return True


def _is_constant(token: Token) -> bool:
    return token.kind in {"string", "number"}
