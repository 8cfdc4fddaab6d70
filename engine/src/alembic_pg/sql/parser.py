"""A statement's shape, recognised by its text.

Alembic's operations and what is written with op.execute() are the same statements in the end.
What is not recognised with certainty is no shape, and runs as it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql import parse_dml, parse_maintenance
from alembic_pg.sql.lexer import tokens
from alembic_pg.sql.statement_reader import NoShapeError, Reader
from alembic_pg.sql.statements import (
    AddColumn,
    AddConstraint,
    AddPartition,
    AddValue,
    AlterDomain,
    AlterTable,
    Beside,
    CreateIndex,
    DetachPartition,
    DropIndex,
    Retype,
    SetNotNull,
    Validate,
    Writes,
)

if TYPE_CHECKING:
    from alembic_pg.sql.statements import Shape

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
        return Writes(sql, "") if first.keyword in parse_dml.WRITES else None


def _create(reader: Reader) -> Shape:
    if reader.maybe("UNLOGGED", "TABLE") or reader.maybe("TABLE"):
        return _partition(reader)
    unique = reader.maybe("UNIQUE")
    reader.expect("INDEX")
    by_itself = reader.maybe("CONCURRENTLY")
    there_ok = reader.maybe("IF", "NOT", "EXISTS")
    if reader.sees("ON"):
        # PostgreSQL chooses a name, by which nobody finds it again.
        return Beside(reader.sql, "") if by_itself else parse_maintenance.index(reader)
    name = reader.name()
    if reader.sees("ON") and len(tokens(name)) > 1:
        raise NoShapeError  # an index has its table's schema
    if reader.sees("ON", "ONLY"):
        return parse_maintenance.index(reader)
    reader.expect("ON")
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
        return _value(reader)
    if reader.maybe("DOMAIN"):
        return _domain(reader)
    for kind in ("INDEX", "MATERIALIZED VIEW"):
        if reader.maybe(*kind.split()):
            return parse_maintenance.moved(reader, kind)
    reader.expect("TABLE")
    return (
        parse_maintenance.moved(reader, "TABLE")
        if reader.sees("ALL", "IN")
        else _alter_table(reader)
    )


def _value(reader: Reader) -> Shape:
    name = reader.name()
    reader.expect("ADD", "VALUE")
    there_ok = reader.maybe("IF", "NOT", "EXISTS")
    return AddValue(reader.sql, name, reader.rest(), there_ok)


def _alter_table(reader: Reader) -> Shape:
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


_READERS = {
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": _alter,
    "UPDATE": parse_dml.update,
    "DELETE": parse_dml.delete,
    "MERGE": parse_dml.writes,
    "WITH": parse_dml.writes,
    "INSERT": parse_dml.writes,
    "REFRESH": parse_maintenance.refresh,
    "CLUSTER": parse_maintenance.cluster,
    "REINDEX": parse_maintenance.reindex,
    "VACUUM": parse_maintenance.vacuum,
}


def named(sql: str, after: int) -> str:
    """Return the name that follows so many words of a statement, with what qualifies it."""
    reader = Reader(sql)
    reader.at = after
    return reader.name()
