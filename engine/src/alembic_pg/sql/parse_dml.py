"""What changes rows: UPDATE, DELETE and others, read word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.cursor import UnrecognizedError
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.statements import OtherWrite, UpdateOrDelete

if TYPE_CHECKING:
    from alembic_pg.sql.cursor import Cursor


def update(cursor: Cursor) -> UpdateOrDelete:
    """Return what follows that word; raise UnrecognizedError where batches cannot be made of it."""
    _refuse_only(cursor)
    table = cursor.name_text()
    alias = _table_alias(cursor, table, "SET")
    if not cursor.peek("SET"):
        raise UnrecognizedError
    return _update_or_delete(cursor, table, "UPDATE", alias)


def delete(cursor: Cursor) -> UpdateOrDelete:
    """Return what follows that word; raise UnrecognizedError where batches cannot be made of it."""
    cursor.expect("FROM")
    _refuse_only(cursor)
    table = cursor.name_text()
    return _update_or_delete(
        cursor, table, "DELETE FROM", _table_alias(cursor, table, "USING", "WHERE")
    )


def _refuse_only(cursor: Cursor) -> None:
    """Refuse what leaves those out that inherit of a table."""
    if cursor.peek("ONLY"):
        raise UnrecognizedError


def _table_alias(cursor: Cursor, table: str, *following: str) -> str:
    """Return what a statement calls its table."""
    if cursor.accept("AS"):
        return cursor.name_text()
    if cursor.current is None or any(cursor.peek(word) for word in following):
        last = tokenize(table)[-1]
        return last.text
    return cursor.name_text()


def other_write(cursor: Cursor) -> OtherWrite:
    """Return what may change rows in a part of it, or where one is there already."""
    words = {token.keyword for token in cursor.tokens}
    if words & WRITING_WORDS:
        return OtherWrite(cursor.sql, "")
    raise UnrecognizedError


# What changes rows: not INSERT by itself.
WRITING_WORDS = {"UPDATE", "DELETE", "MERGE"}


def _update_or_delete(cursor: Cursor, table: str, verb: str, alias: str) -> UpdateOrDelete:
    if (
        _qualifies_with_schema(cursor)
        or cursor.find("RETURNING") is not None
        or cursor.find("CURRENT", "OF") is not None
    ):
        raise UnrecognizedError
    where = cursor.find("WHERE")
    alone = cursor.find("FROM") is None and cursor.find("USING") is None
    if where is None:
        return UpdateOrDelete(
            cursor.sql, table, verb, alias, cursor.remaining_text(), "", alone, ""
        )
    fills = value = ""
    if verb == "UPDATE" and alone and alias == tokenize(table)[-1].text:
        fills, value = _backfill_assignment(cursor, where)
    start = cursor.current.start if cursor.current else 0
    # Not up to WHERE: a comment before it would hide what follows.
    body = cursor.sql[start : cursor.tokens[where - 1].end] if where > cursor.position else ""
    cursor.position = where + 1
    return UpdateOrDelete(
        cursor.sql, table, verb, alias, body, cursor.remaining_text(), alone, fills, value
    )


def _qualifies_with_schema(cursor: Cursor) -> bool:
    """Return whether a column is named with its table's schema, which an alias does not allow."""
    texts = [token.text if token.text == "." else token.kind for token in cursor.tokens]
    named = {"word", "quoted"}
    return any(
        texts[at + 1] == texts[at + 3] == "." and {texts[at], texts[at + 2], texts[at + 4]} <= named
        for at in range(cursor.position, len(texts) - 4)
    )


def _backfill_assignment(cursor: Cursor, where: int) -> tuple[str, str]:
    """Return c and value of ``SET c = value WHERE c IS NULL``, else twice ""."""
    if where < cursor.position + 4:  # SET c = value
        return "", ""
    column, equals, first = cursor.tokens[cursor.position + 1 : cursor.position + 4]
    said = [token.identifier or token.text for token in cursor.tokens[where + 1 :]]
    several = any(
        token.text == "," and not token.depth for token in cursor.tokens[cursor.position :]
    )
    same = bool(column.identifier) and said == [column.identifier, "is", "null"]
    asks = any(
        token.keyword in _QUERY_WORDS for token in cursor.tokens[cursor.position + 3 : where]
    )
    if not same or equals.text != "=" or several or asks:
        return "", ""
    return column.text, cursor.sql[first.start : cursor.tokens[where - 1].end]


# Words of a value that is more than one of the row's own.
_QUERY_WORDS = {"SELECT", "VALUES", "TABLE", "WITH", "DEFAULT"}
