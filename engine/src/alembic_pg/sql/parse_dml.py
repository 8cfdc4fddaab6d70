"""Parse UPDATE, DELETE and other statements that change rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.cursor import UnrecognizedError
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.statements import UnbatchedWrite, UpdateOrDelete

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.sql.cursor import Cursor
    from alembic_pg.sql.lexer import Token

# What changes rows: not INSERT by itself.
WRITING_WORDS = {"UPDATE", "DELETE", "MERGE"}

# What a table's name stands after, within a statement.
_BEFORE_TABLE = {"FROM", "USING", "JOIN"}

# Words of a value that is more than one of the row's own.
_QUERY_WORDS = {"SELECT", "VALUES", "TABLE", "WITH", "DEFAULT"}


def parse_update(cursor: Cursor) -> UpdateOrDelete:
    """Parse what follows UPDATE; raise UnrecognizedError where batches cannot be made of it."""
    table = _table_with_heirs(cursor)
    alias = _table_alias(cursor, table, "SET")
    if not cursor.peek("SET"):
        raise UnrecognizedError
    return _update_or_delete(cursor, table, "UPDATE", alias)


def parse_delete(cursor: Cursor) -> UpdateOrDelete:
    """Parse what follows DELETE; raise UnrecognizedError where batches cannot be made of it."""
    cursor.expect("FROM")
    table = _table_with_heirs(cursor)
    alias = _table_alias(cursor, table, "USING", "WHERE", "RETURNING")
    return _update_or_delete(cursor, table, "DELETE FROM", alias)


def parse_other_write(cursor: Cursor) -> UnbatchedWrite:
    """Parse a query that may change rows in a part of it, or where a row is there already."""
    if not contains_write(cursor.tokens):
        raise UnrecognizedError
    return UnbatchedWrite(cursor.whole_text(), "")


def contains_write(tokens: Sequence[Token]) -> bool:
    """Return whether an UPDATE, DELETE or MERGE is among these tokens: FOR UPDATE is none."""
    words = ["", *(token.keyword for token in tokens), ""]
    for at, word in enumerate(words[1:-1], 1):
        if (word, words[at + 1]) in {("DELETE", "FROM"), ("MERGE", "INTO")}:
            return True
        if word == "UPDATE" and words[at - 1] not in {"FOR", "KEY"}:
            depth = tokens[at - 1].depth
            if any(one.keyword == "SET" and one.depth == depth for one in tokens[at:]):
                return True
    return False


def _table_with_heirs(cursor: Cursor) -> str:
    """Step over the name of a table; refuse ONLY, which leaves out the tables that inherit."""
    table, only = cursor.relation_text()
    if only:
        raise UnrecognizedError
    return table


def _table_alias(cursor: Cursor, table: str, *following: str) -> str:
    """Return what a statement calls its table."""
    if cursor.accept("AS"):
        return cursor.name_text()
    if cursor.current is None or any(cursor.peek(word) for word in following):
        return tokenize(table)[-1].text
    return cursor.name_text()


def _update_or_delete(cursor: Cursor, table: str, verb: str, alias: str) -> UpdateOrDelete:
    name = tokenize(table)[-1].identifier
    if (
        _qualifies_with_schema(cursor, name)
        or cursor.contains("RETURNING")
        or cursor.contains("CURRENT", "OF")
    ):
        raise UnrecognizedError
    where = cursor.find("WHERE")
    single_table = from_position(cursor) is None and not cursor.contains("USING")
    column = value = ""
    if where is None:
        body, condition = cursor.remaining_text(), ""
    else:
        if verb == "UPDATE" and single_table and tokenize(alias)[-1].identifier == name:
            column, value = _backfill_assignment(cursor, where)
        start = cursor.current.start if cursor.current else 0
        # Not up to WHERE: a comment before it would hide what follows.
        body = cursor.sql[start : cursor.tokens[where - 1].end] if where > cursor.position else ""
        cursor.position = where + 1
        condition = cursor.remaining_text()
    return UpdateOrDelete(
        cursor.sql, table, verb, alias, body, condition, single_table, column, value
    )


def from_position(cursor: Cursor) -> int | None:
    """Return the index at which FROM names further tables: IS DISTINCT FROM does not."""
    before = ""
    for index in range(cursor.position, len(cursor.tokens)):
        token = cursor.tokens[index]
        if token.depth:
            continue
        if token.keyword == "FROM" and before != "DISTINCT":
            return index
        before = token.keyword
    return None


def _qualifies_with_schema(cursor: Cursor, table: str) -> bool:
    """Return whether a column is named with its table's schema, which an alias does not allow."""
    tokens = cursor.remaining()
    return any(
        one.text == other.text == "." and name.identifier == table and first.identifier
        for before, first, one, name, other in zip(
            [None, *tokens], tokens, tokens[1:], tokens[2:], tokens[3:], strict=False
        )
        if before is None or before.keyword not in _BEFORE_TABLE
    )


def _backfill_assignment(cursor: Cursor, where: int) -> tuple[str, str]:
    """Return c and value of ``SET c = value WHERE c IS NULL``, else twice ""."""
    if where < cursor.position + 4:  # SET c = value
        return "", ""
    column, equals, first = cursor.tokens[cursor.position + 1 : cursor.position + 4]
    condition = _without_brackets(cursor.tokens[where + 1 :])
    said = [token.identifier or token.text for token in condition]
    is_null = column.identifier and said in (
        [column.identifier, "is", "null"],
        [column.identifier, "isnull"],
    )
    several = any(token.text == "," and not token.depth for token in cursor.remaining())
    value = cursor.tokens[cursor.position + 3 : where]
    if not is_null or equals.text != "=" or several or _asks_table(value):
        return "", ""
    return column.plain_name, cursor.sql[first.start : value[-1].end]


def _asks_table(value: Sequence[Token]) -> bool:
    """Return whether a value is a query's, or DEFAULT."""
    for before, token, after in zip([None, *value], value, [*value[1:], None], strict=False):
        is_name = before is not None and before.text == "."
        if token.keyword == "VALUES" and (after is None or after.text != "("):
            continue  # a column of that name
        if token.keyword in _QUERY_WORDS and not is_name:
            return True
    return False


def _without_brackets(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return tokens without the brackets around all of them."""
    while len(tokens) > 1 and tokens[0].text == "(" and tokens[-1].text == ")":
        if any(token.depth < tokens[0].depth for token in tokens):
            break
        if any(token.text == ")" and token.depth == tokens[0].depth for token in tokens[:-1]):
            break
        tokens = tokens[1:-1]
    return tokens
