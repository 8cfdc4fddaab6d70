"""A statement's shape, recognised by its text.

Alembic's operations and what is written with op.execute() are the same statements in the end.
What is not recognised with certainty is no shape, and runs as it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddl.online import rewrites
from ddl.online.lexer import tokens
from ddl.online.reader import NoShapeError, Reader
from ddl.online.shapes import (
    AddColumn,
    AddConstraint,
    AddPartition,
    AddValue,
    AlterDomain,
    AlterTable,
    Change,
    CreateIndex,
    DetachPartition,
    DropIndex,
    Retype,
    SetNotNull,
    Validate,
    Writes,
)

if TYPE_CHECKING:
    from ddl.online.shapes import Shape

_CONSTRAINTS = {"CHECK", "FOREIGN", "UNIQUE", "PRIMARY", "EXCLUDE"}


def parse(sql: str) -> Shape | None:
    """Return what a statement is, None when it has no online form."""
    reader = Reader(sql)
    first = reader.now
    if first is None or first.keyword not in _READERS:
        return None
    reader.at += 1
    try:
        return _READERS[first.keyword](reader)
    except NoShapeError:
        return Writes(sql, "") if first.keyword in _WRITES else None


def _create(reader: Reader) -> Shape:
    if reader.maybe("UNLOGGED", "TABLE") or reader.maybe("TABLE"):
        return _partition(reader)
    unique = reader.maybe("UNIQUE")
    reader.expect("INDEX")
    reader.maybe("CONCURRENTLY")
    there_ok = reader.maybe("IF", "NOT", "EXISTS")
    if reader.sees("ON"):
        raise NoShapeError  # PostgreSQL chooses a name, by which nobody finds it again
    name = reader.name()
    if reader.sees("ON") and len(tokens(name)) > 1:
        raise NoShapeError  # an index has its table's schema
    reader.expect("ON")
    if reader.sees("ONLY"):
        raise NoShapeError  # of a partitioned table without its partitions: there is no row
    return CreateIndex(reader.sql, reader.name(), name, unique, reader.rest(), there_ok)


def _partition(reader: Reader) -> Shape:
    reader.maybe("IF", "NOT", "EXISTS")
    name = reader.name()
    reader.expect("PARTITION", "OF")
    parent = reader.name()
    at = reader.find("FOR", "VALUES")
    if at is None:
        raise NoShapeError  # beside a default one, PostgreSQL reads that; the default reads none
    reader.at = at + 2
    closing = [token for token in reader.tokens[at:] if token.text == ")" and token.depth == 1][
        : 2 if reader.sees("FROM") else 1
    ]
    if not closing:
        raise NoShapeError
    bound = reader.sql[reader.tokens[at].start : closing[-1].end]
    return AddPartition(reader.sql, parent, name, bound, attached=False)


def _drop(reader: Reader) -> Shape:
    reader.expect("INDEX")
    reader.maybe("CONCURRENTLY")
    missing_ok = reader.maybe("IF", "EXISTS")
    name = reader.name()
    reader.maybe("RESTRICT")
    reader.end()
    return DropIndex(reader.sql, "", name, missing_ok)


def _alter(reader: Reader) -> Shape:
    if reader.maybe("TYPE"):
        name = reader.name()
        reader.expect("ADD", "VALUE")
        there_ok = reader.maybe("IF", "NOT", "EXISTS")
        return AddValue(reader.sql, name, reader.rest(), there_ok)
    if reader.maybe("DOMAIN"):
        return _domain(reader)
    reader.expect("TABLE")
    missing_ok = reader.maybe("IF", "EXISTS")
    only = reader.maybe("ONLY")
    table = reader.name()
    reader.maybe("*")
    start = reader.at
    if (shape := _part(reader, table)) is not None:
        return shape
    reader.at = start
    if not missing_ok:
        try:
            return _action(reader, table, only=only)
        except NoShapeError:
            reader.at = start
    return AlterTable(reader.sql, table, reader.rest())


def _part(reader: Reader, table: str) -> Shape | None:
    """Return what is done with a partition or a constraint that is there."""
    if reader.maybe("ATTACH", "PARTITION"):
        return AddPartition(reader.sql, table, reader.name(), reader.rest(), attached=True)
    if reader.maybe("DETACH", "PARTITION"):
        name = reader.name()
        return DetachPartition(reader.sql, table, name) if reader.maybe("CONCURRENTLY") else None
    if reader.maybe("VALIDATE", "CONSTRAINT"):
        name = reader.name()
        return Validate(reader.sql, table, name) if reader.now is None else None
    return None


def _domain(reader: Reader) -> Shape:
    name = reader.name()
    if reader.maybe("SET", "NOT", "NULL"):
        return AlterDomain(reader.sql, name, "SET NOT NULL")
    if reader.maybe("VALIDATE", "CONSTRAINT"):
        return AlterDomain(reader.sql, name, "VALIDATE CONSTRAINT")
    reader.expect("ADD")
    if reader.find("NOT", "VALID") is not None:
        raise NoShapeError
    return AlterDomain(reader.sql, name, "ADD CONSTRAINT")


def _action(reader: Reader, table: str, *, only: bool) -> Shape:
    reader.alone()
    if reader.maybe("ADD"):
        return _add(reader, table, only=only)
    reader.expect("ALTER")
    reader.maybe("COLUMN")
    column = reader.name()
    if reader.maybe("SET", "NOT", "NULL"):
        reader.end()
        return SetNotNull(reader.sql, table, column, only)
    reader.maybe("SET", "DATA")
    reader.expect("TYPE")
    return _retype(reader, table, column, only=only)


def _add(reader: Reader, table: str, *, only: bool) -> Shape:
    word = reader.now
    named = reader.maybe("CONSTRAINT")
    if named or (word and word.keyword in _CONSTRAINTS):
        name = reader.name() if named else ""
        word = reader.now
        if word is None or word.keyword not in _CONSTRAINTS:
            raise NoShapeError
        body = reader.rest()
        if word.keyword in {"UNIQUE", "PRIMARY"} and "(" not in body:
            raise NoShapeError
        written = [token.keyword for token in reader.tokens[reader.at :]]
        if "USING" in written and "INDEX" in written[written.index("USING") + 1 :][:1]:
            raise NoShapeError  # UNIQUE USING INDEX is the online form itself
        if any(
            written[i : i + 2] in (["NOT", "VALID"], ["NOT", "ENFORCED"])
            for i in range(len(written))
        ):
            raise NoShapeError
        return AddConstraint(reader.sql, table, name, word.keyword, body, only)
    if not reader.maybe("COLUMN") and (reader.now is None or reader.now.keyword in _NO_COLUMN):
        raise NoShapeError
    if reader.sees("IF", "NOT"):
        raise NoShapeError
    return AddColumn(reader.sql, table, reader.name(), reader.rest(), only)


_NO_COLUMN = _CONSTRAINTS | {"CONSTRAINT", "NOT"}


def _retype(reader: Reader, table: str, column: str, *, only: bool) -> Shape:
    using = reader.find("USING")
    definition = reader.rest()
    first = reader.now.start if reader.now else 0
    expression = ""
    if using is not None:
        reader.at = using + 1
        expression = reader.rest()
        # Not up to USING: a comment before it would hide what follows.
        definition = reader.sql[first : reader.tokens[using - 1].end]
    return Retype(reader.sql, table, column, definition, expression, only)


def _update(reader: Reader) -> Shape:
    _all(reader)
    table = reader.name()
    alias = _alias(reader, table, "SET")
    if not reader.sees("SET"):
        raise NoShapeError
    return _change(reader, table, "UPDATE", alias)


def _delete(reader: Reader) -> Shape:
    reader.expect("FROM")
    _all(reader)
    table = reader.name()
    return _change(reader, table, "DELETE FROM", _alias(reader, table, "USING", "WHERE"))


def _all(reader: Reader) -> None:
    """Refuse what leaves those out that inherit of a table."""
    if reader.sees("ONLY"):
        raise NoShapeError


def _alias(reader: Reader, table: str, *following: str) -> str:
    """Return what a statement calls its table."""
    if reader.maybe("AS"):
        return reader.name()
    if reader.now is None or any(reader.sees(word) for word in following):
        last = tokens(table)[-1]
        return last.text
    return reader.name()


def _writes(reader: Reader) -> Shape:
    """Return what may change rows in a part of it, or where one is there already."""
    words = {token.keyword for token in reader.tokens}
    if words & _WRITES:
        return Writes(reader.sql, "")
    raise NoShapeError


# What changes rows: not INSERT by itself.
_WRITES = {"UPDATE", "DELETE", "MERGE"}


def _change(reader: Reader, table: str, verb: str, alias: str) -> Shape:
    if (
        _schema_named(reader)
        or reader.find("RETURNING") is not None
        or reader.find("CURRENT", "OF") is not None
    ):
        raise NoShapeError
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


def _schema_named(reader: Reader) -> bool:
    """Return whether a column is named with its table's schema, which an alias does not allow."""
    texts = [token.text if token.text == "." else token.kind for token in reader.tokens]
    named = {"word", "quoted"}
    return any(
        texts[at + 1] == texts[at + 3] == "." and {texts[at], texts[at + 2], texts[at + 4]} <= named
        for at in range(reader.at, len(texts) - 4)
    )


def _filled(reader: Reader, where: int) -> tuple[str, str]:
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


_READERS = {
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": _alter,
    "UPDATE": _update,
    "DELETE": _delete,
    "MERGE": _writes,
    "WITH": _writes,
    "INSERT": _writes,
    "REFRESH": rewrites.refresh,
    "CLUSTER": rewrites.cluster,
    "REINDEX": rewrites.reindex,
    "VACUUM": rewrites.vacuum,
}


def named(sql: str, after: int) -> str:
    """Return the name that follows so many words of a statement, with what qualifies it."""
    reader = Reader(sql)
    reader.at = after
    return reader.name()
