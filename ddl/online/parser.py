"""A statement's shape, recognised by its text.

Alembic's operations and what is written with op.execute() are the same statements in the end.
What is not recognised with certainty is no shape, and runs as it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddl.online.lexer import tokens
from ddl.online.shapes import (
    AddColumn,
    AddConstraint,
    AddValue,
    AlterTable,
    Change,
    CreateIndex,
    DropIndex,
    Retype,
    SetNotNull,
)

if TYPE_CHECKING:
    from ddl.online.lexer import Token
    from ddl.online.shapes import Shape

_CONSTRAINTS = {"CHECK", "FOREIGN", "UNIQUE", "PRIMARY", "EXCLUDE"}


class _NoShapeError(Exception):
    pass


class _Reader:
    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = tokens(sql)
        while self.tokens and self.tokens[-1].text == ";":
            self.tokens.pop()
        if any(token.text == ";" and not token.depth for token in self.tokens):
            self.tokens = []
        self.at = 0

    @property
    def now(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def sees(self, *words: str) -> bool:
        ahead = self.tokens[self.at : self.at + len(words)]
        return [token.keyword or token.text for token in ahead] == list(words)

    def maybe(self, *words: str) -> bool:
        seen = self.sees(*words)
        self.at += len(words) if seen else 0
        return seen

    def expect(self, *words: str) -> None:
        if not self.maybe(*words):
            raise _NoShapeError

    def name(self) -> str:
        """Return a name with what qualifies it, as it is written."""
        first = self._part()
        last = first
        while self.maybe("."):
            last = self._part()
        return self.sql[first.start : last.end]

    def _part(self) -> Token:
        token = self.now
        if token is None or not token.identifier:
            raise _NoShapeError
        self.at += 1
        return token

    def rest(self) -> str:
        """Return all that follows."""
        token = self.now
        return self.sql[token.start : self.tokens[-1].end] if token else ""

    def end(self) -> None:
        if self.now is not None:
            raise _NoShapeError

    def find(self, *words: str) -> int | None:
        """Return where words stand outside of brackets, from here on."""
        for index in range(self.at, len(self.tokens)):
            ahead = self.tokens[index : index + len(words)]
            if not ahead[0].depth and [token.keyword for token in ahead] == list(words):
                return index
        return None

    def alone(self) -> None:
        """Refuse a list of several actions."""
        if any(token.text == "," and not token.depth for token in self.tokens[self.at :]):
            raise _NoShapeError


def parse(sql: str) -> Shape | None:
    """Return what a statement is, None when it has no online form."""
    reader = _Reader(sql)
    first = reader.now
    if first is None or first.keyword not in _READERS:
        return None
    reader.at += 1
    try:
        return _READERS[first.keyword](reader)
    except _NoShapeError:
        return None


def _create(reader: _Reader) -> Shape:
    unique = reader.maybe("UNIQUE")
    reader.expect("INDEX")
    reader.maybe("CONCURRENTLY")
    there_ok = reader.maybe("IF", "NOT", "EXISTS")
    if reader.sees("ON"):
        raise _NoShapeError  # PostgreSQL chooses a name, by which nobody finds it again
    name = reader.name()
    if reader.sees("ON") and len(tokens(name)) > 1:
        raise _NoShapeError  # an index has its table's schema
    reader.expect("ON")
    if reader.sees("ONLY"):
        raise _NoShapeError  # of a partitioned table without its partitions: there is no row
    return CreateIndex(reader.sql, reader.name(), name, unique, reader.rest(), there_ok)


def _drop(reader: _Reader) -> Shape:
    reader.expect("INDEX")
    reader.maybe("CONCURRENTLY")
    missing_ok = reader.maybe("IF", "EXISTS")
    name = reader.name()
    reader.maybe("RESTRICT")
    reader.end()
    return DropIndex(reader.sql, "", name, missing_ok)


def _alter(reader: _Reader) -> Shape:
    if reader.maybe("TYPE"):
        name = reader.name()
        reader.expect("ADD", "VALUE")
        there_ok = reader.maybe("IF", "NOT", "EXISTS")
        return AddValue(reader.sql, name, reader.rest(), there_ok)
    reader.expect("TABLE")
    if reader.sees("IF"):
        raise _NoShapeError
    only = reader.maybe("ONLY")
    table = reader.name()
    reader.maybe("*")
    start = reader.at
    try:
        return _action(reader, table, only=only)
    except _NoShapeError:
        reader.at = start
        return AlterTable(reader.sql, table, reader.rest())


def _action(reader: _Reader, table: str, *, only: bool) -> Shape:
    reader.alone()
    if reader.maybe("ADD"):
        return _add(reader, table, only=only)
    reader.expect("ALTER")
    reader.maybe("COLUMN")
    column = reader.name()
    if reader.maybe("SET", "NOT", "NULL"):
        reader.end()
        return SetNotNull(reader.sql, table, column)
    reader.maybe("SET", "DATA")
    reader.expect("TYPE")
    return _retype(reader, table, column)


def _add(reader: _Reader, table: str, *, only: bool) -> Shape:
    word = reader.now
    named = reader.maybe("CONSTRAINT")
    if named or (word and word.keyword in _CONSTRAINTS):
        name = reader.name() if named else ""
        word = reader.now
        if word is None or word.keyword not in _CONSTRAINTS:
            raise _NoShapeError
        body = reader.rest()
        if word.keyword in {"UNIQUE", "PRIMARY"} and "(" not in body:
            raise _NoShapeError
        written = [token.keyword for token in reader.tokens[reader.at :]]
        if "USING" in written and "INDEX" in written[written.index("USING") + 1 :][:1]:
            raise _NoShapeError  # UNIQUE USING INDEX is the online form itself
        if any(
            written[i : i + 2] in (["NOT", "VALID"], ["NOT", "ENFORCED"])
            for i in range(len(written))
        ):
            raise _NoShapeError
        return AddConstraint(reader.sql, table, name, word.keyword, body, only)
    if not reader.maybe("COLUMN") and (reader.now is None or reader.now.keyword in _NO_COLUMN):
        raise _NoShapeError
    if reader.sees("IF", "NOT"):
        raise _NoShapeError
    return AddColumn(reader.sql, table, reader.name(), reader.rest())


_NO_COLUMN = _CONSTRAINTS | {"CONSTRAINT", "NOT"}


def _retype(reader: _Reader, table: str, column: str) -> Shape:
    using = reader.find("USING")
    definition = reader.rest()
    first = reader.now.start if reader.now else 0
    expression = ""
    if using is not None:
        reader.at = using + 1
        expression = reader.rest()
        # Not up to USING: a comment before it would hide what follows.
        definition = reader.sql[first : reader.tokens[using - 1].end]
    return Retype(reader.sql, table, column, definition, expression)


def _update(reader: _Reader) -> Shape:
    _all(reader)
    table = reader.name()
    alias = _alias(reader, table, "SET")
    if not reader.sees("SET"):
        raise _NoShapeError
    return _change(reader, table, "UPDATE", alias)


def _delete(reader: _Reader) -> Shape:
    reader.expect("FROM")
    _all(reader)
    table = reader.name()
    return _change(reader, table, "DELETE FROM", _alias(reader, table, "USING", "WHERE"))


def _all(reader: _Reader) -> None:
    """Refuse what leaves those out that inherit of a table."""
    if reader.sees("ONLY"):
        raise _NoShapeError


def _alias(reader: _Reader, table: str, *following: str) -> str:
    """Return what a statement calls its table."""
    if reader.maybe("AS"):
        return reader.name()
    if reader.now is None or any(reader.sees(word) for word in following):
        last = tokens(table)[-1]
        return last.text
    return reader.name()


def _change(reader: _Reader, table: str, verb: str, alias: str) -> Shape:
    if (
        _schema_named(reader)
        or reader.find("RETURNING") is not None
        or reader.find("CURRENT", "OF") is not None
    ):
        raise _NoShapeError
    where = reader.find("WHERE")
    alone = reader.find("FROM") is None and reader.find("USING") is None
    if where is None:
        return Change(reader.sql, table, verb, alias, reader.rest(), "", alone, "")
    fills = value = ""
    if verb == "UPDATE" and alone and alias == tokens(table)[-1].text:
        fills, value = _filled(reader, where)
    start = reader.now.start if reader.now else 0
    # Not up to WHERE: a comment before it would hide what follows.
    body = reader.sql[start : reader.tokens[where - 1].end] if where > reader.at else ""
    reader.at = where + 1
    return Change(reader.sql, table, verb, alias, body, reader.rest(), alone, fills, value)


def _schema_named(reader: _Reader) -> bool:
    """Return whether a column is named with its table's schema, which an alias does not allow."""
    texts = [token.text if token.text == "." else token.kind for token in reader.tokens]
    named = {"word", "quoted"}
    return any(
        texts[at + 1] == texts[at + 3] == "." and {texts[at], texts[at + 2], texts[at + 4]} <= named
        for at in range(reader.at, len(texts) - 4)
    )


def _filled(reader: _Reader, where: int) -> tuple[str, str]:
    """Return c and value of ``SET c = value WHERE c IS NULL``, else twice ""."""
    if where < reader.at + 4:  # SET c = value
        return "", ""
    column, equals, first = reader.tokens[reader.at + 1 : reader.at + 4]
    said = [token.identifier or token.text for token in reader.tokens[where + 1 :]]
    several = any(token.text == "," and not token.depth for token in reader.tokens[reader.at :])
    same = bool(column.identifier) and said == [column.identifier, "is", "null"]
    asks = any(token.keyword in _ASKS for token in reader.tokens[reader.at + 3 : where])
    if not same or equals.text != "=" or several or asks:
        return "", ""
    return column.text, reader.sql[first.start : reader.tokens[where - 1].end]


# Words of a value that is more than one of the row's own.
_ASKS = {"SELECT", "VALUES", "TABLE", "WITH", "DEFAULT"}


_READERS = {"CREATE": _create, "DROP": _drop, "ALTER": _alter, "UPDATE": _update, "DELETE": _delete}
