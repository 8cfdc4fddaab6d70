"""What changes rows: UPDATE, DELETE and others, read word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.statement_reader import UnrecognizedError
from alembic_pg.sql.statements import OtherWrite, UpdateOrDelete

if TYPE_CHECKING:
    from alembic_pg.sql.statement_reader import StatementReader


def update(reader: StatementReader) -> UpdateOrDelete:
    """Return what follows that word; raise NoShapeError where batches cannot be made of it."""
    _refuse_only(reader)
    table = reader.name()
    alias = _table_alias(reader, table, "SET")
    if not reader.sees("SET"):
        raise UnrecognizedError
    return _update_or_delete(reader, table, "UPDATE", alias)


def delete(reader: StatementReader) -> UpdateOrDelete:
    """Return what follows that word; raise NoShapeError where batches cannot be made of it."""
    reader.expect("FROM")
    _refuse_only(reader)
    table = reader.name()
    return _update_or_delete(
        reader, table, "DELETE FROM", _table_alias(reader, table, "USING", "WHERE")
    )


def _refuse_only(reader: StatementReader) -> None:
    """Refuse what leaves those out that inherit of a table."""
    if reader.sees("ONLY"):
        raise UnrecognizedError


def _table_alias(reader: StatementReader, table: str, *following: str) -> str:
    """Return what a statement calls its table."""
    if reader.maybe("AS"):
        return reader.name()
    if reader.now is None or any(reader.sees(word) for word in following):
        last = tokenize(table)[-1]
        return last.text
    return reader.name()


def other_write(reader: StatementReader) -> OtherWrite:
    """Return what may change rows in a part of it, or where one is there already."""
    words = {token.keyword for token in reader.tokens}
    if words & WRITING_WORDS:
        return OtherWrite(reader.sql, "")
    raise UnrecognizedError


# What changes rows: not INSERT by itself.
WRITING_WORDS = {"UPDATE", "DELETE", "MERGE"}


def _update_or_delete(reader: StatementReader, table: str, verb: str, alias: str) -> UpdateOrDelete:
    if (
        _qualifies_with_schema(reader)
        or reader.find("RETURNING") is not None
        or reader.find("CURRENT", "OF") is not None
    ):
        raise UnrecognizedError
    where = reader.find("WHERE")
    alone = reader.find("FROM") is None and reader.find("USING") is None
    if where is None:
        return UpdateOrDelete(reader.sql, table, verb, alias, reader.rest(), "", alone, "")
    fills = value = ""
    if verb == "UPDATE" and alone and alias == tokenize(table)[-1].text:
        fills, value = _backfill_assignment(reader, where)
    start = reader.now.start if reader.now else 0
    # Not up to WHERE: a comment before it would hide what follows.
    body = reader.sql[start : reader.tokens[where - 1].end] if where > reader.at else ""
    reader.at = where + 1
    return UpdateOrDelete(reader.sql, table, verb, alias, body, reader.rest(), alone, fills, value)


def _qualifies_with_schema(reader: StatementReader) -> bool:
    """Return whether a column is named with its table's schema, which an alias does not allow."""
    texts = [token.text if token.text == "." else token.kind for token in reader.tokens]
    named = {"word", "quoted"}
    return any(
        texts[at + 1] == texts[at + 3] == "." and {texts[at], texts[at + 2], texts[at + 4]} <= named
        for at in range(reader.at, len(texts) - 4)
    )


def _backfill_assignment(reader: StatementReader, where: int) -> tuple[str, str]:
    """Return c and value of ``SET c = value WHERE c IS NULL``, else twice ""."""
    if where < reader.at + 4:  # SET c = value
        return "", ""
    column, equals, first = reader.tokens[reader.at + 1 : reader.at + 4]
    said = [token.identifier or token.text for token in reader.tokens[where + 1 :]]
    several = any(token.text == "," and not token.depth for token in reader.tokens[reader.at :])
    same = bool(column.identifier) and said == [column.identifier, "is", "null"]
    asks = any(token.keyword in _QUERY_WORDS for token in reader.tokens[reader.at + 3 : where])
    if not same or equals.text != "=" or several or asks:
        return "", ""
    return column.text, reader.sql[first.start : reader.tokens[where - 1].end]


# Words of a value that is more than one of the row's own.
_QUERY_WORDS = {"SELECT", "VALUES", "TABLE", "WITH", "DEFAULT"}
