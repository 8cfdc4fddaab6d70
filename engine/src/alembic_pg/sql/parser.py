"""A statement's shape, recognised by its text.

Alembic's operations and what is written with op.execute() are the same statements in the end.
What is not recognised with certainty is no shape, and runs as it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql import parse_dml, parse_maintenance
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.statement_reader import StatementReader, UnrecognizedError
from alembic_pg.sql.statements import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AddPartition,
    AlterColumnType,
    AlterDomain,
    ConcurrentMaintenance,
    CreateIndex,
    DetachPartition,
    DropIndex,
    OtherAlterTable,
    OtherWrite,
    SetNotNull,
    ValidateConstraint,
)

if TYPE_CHECKING:
    from alembic_pg.sql.statements import Statement

_CONSTRAINT_KINDS = {"CHECK", "FOREIGN", "UNIQUE", "PRIMARY", "EXCLUDE"}


def parse(sql: str) -> Statement | None:
    """Return what a statement is, None when it has no online form."""
    reader = StatementReader(sql)
    first = reader.now
    if first is None or first.keyword not in _PARSERS:
        return None
    reader.at += 1
    try:
        return _PARSERS[first.keyword](reader)
    except UnrecognizedError:
        return OtherWrite(sql, "") if first.keyword in parse_dml.WRITING_WORDS else None


def _parse_create(reader: StatementReader) -> Statement:
    if reader.maybe("UNLOGGED", "TABLE") or reader.maybe("TABLE"):
        return _parse_create_partition(reader)
    unique = reader.maybe("UNIQUE")
    reader.expect("INDEX")
    by_itself = reader.maybe("CONCURRENTLY")
    there_ok = reader.maybe("IF", "NOT", "EXISTS")
    if reader.sees("ON"):
        # PostgreSQL chooses a name, by which nobody finds it again.
        return (
            ConcurrentMaintenance(reader.sql, "")
            if by_itself
            else parse_maintenance.unnamed_index(reader)
        )
    name = reader.name()
    if reader.sees("ON") and len(tokenize(name)) > 1:
        raise UnrecognizedError  # an index has its table's schema
    if reader.sees("ON", "ONLY"):
        return parse_maintenance.unnamed_index(reader)
    reader.expect("ON")
    return CreateIndex(reader.sql, reader.name(), name, unique, reader.rest(), there_ok)


def _parse_create_partition(reader: StatementReader) -> Statement:
    reader.maybe("IF", "NOT", "EXISTS")
    name = reader.name()
    reader.expect("PARTITION", "OF")
    parent = reader.name()
    at = reader.find("FOR", "VALUES")
    if at is None:
        # Beside a default partition, PostgreSQL reads that; the default itself reads none.
        raise UnrecognizedError
    reader.at = at + 2
    closing = [token for token in reader.tokens[at:] if token.text == ")" and token.depth == 1][
        : 2 if reader.sees("FROM") else 1
    ]
    if not closing:
        raise UnrecognizedError
    bound = reader.sql[reader.tokens[at].start : closing[-1].end]
    return AddPartition(reader.sql, parent, name, bound, attached=False)


def _parse_drop(reader: StatementReader) -> Statement:
    reader.expect("INDEX")
    reader.maybe("CONCURRENTLY")
    missing_ok = reader.maybe("IF", "EXISTS")
    name = reader.name()
    reader.maybe("RESTRICT")
    reader.end()
    return DropIndex(reader.sql, "", name, missing_ok)


def _parse_alter(reader: StatementReader) -> Statement:
    if reader.maybe("TYPE"):
        return _parse_add_value(reader)
    if reader.maybe("DOMAIN"):
        return _parse_alter_domain(reader)
    for kind in ("INDEX", "MATERIALIZED VIEW"):
        if reader.maybe(*kind.split()):
            return parse_maintenance.alter_storage(reader, kind)
    reader.expect("TABLE")
    return (
        parse_maintenance.alter_storage(reader, "TABLE")
        if reader.sees("ALL", "IN")
        else _parse_alter_table(reader)
    )


def _parse_add_value(reader: StatementReader) -> Statement:
    name = reader.name()
    reader.expect("ADD", "VALUE")
    there_ok = reader.maybe("IF", "NOT", "EXISTS")
    return AddEnumValue(reader.sql, name, reader.rest(), there_ok)


def _parse_alter_table(reader: StatementReader) -> Statement:
    missing_ok = reader.maybe("IF", "EXISTS")
    only = reader.maybe("ONLY")
    table = reader.name()
    reader.maybe("*")
    start = reader.at
    if (shape := _parse_partition_action(reader, table)) is not None:
        return shape
    reader.at = start
    if not missing_ok:
        try:
            return _parse_action(reader, table, only=only)
        except UnrecognizedError:
            reader.at = start
    return OtherAlterTable(reader.sql, table, reader.rest())


def _parse_partition_action(reader: StatementReader, table: str) -> Statement | None:
    """Return what is done with a partition or a constraint that is there."""
    if reader.maybe("ATTACH", "PARTITION"):
        return AddPartition(reader.sql, table, reader.name(), reader.rest(), attached=True)
    if reader.maybe("DETACH", "PARTITION"):
        name = reader.name()
        return DetachPartition(reader.sql, table, name) if reader.maybe("CONCURRENTLY") else None
    if reader.maybe("VALIDATE", "CONSTRAINT"):
        name = reader.name()
        return ValidateConstraint(reader.sql, table, name) if reader.now is None else None
    return None


def _parse_alter_domain(reader: StatementReader) -> Statement:
    name = reader.name()
    if reader.maybe("SET", "NOT", "NULL"):
        return AlterDomain(reader.sql, name, "SET NOT NULL")
    if reader.maybe("VALIDATE", "CONSTRAINT"):
        return AlterDomain(reader.sql, name, "VALIDATE CONSTRAINT")
    reader.expect("ADD")
    if reader.find("NOT", "VALID") is not None:
        raise UnrecognizedError
    return AlterDomain(reader.sql, name, "ADD CONSTRAINT")


def _parse_action(reader: StatementReader, table: str, *, only: bool) -> Statement:
    reader.alone()
    if reader.maybe("ADD"):
        return _parse_add(reader, table, only=only)
    reader.expect("ALTER")
    reader.maybe("COLUMN")
    column = reader.name()
    if reader.maybe("SET", "NOT", "NULL"):
        reader.end()
        return SetNotNull(reader.sql, table, column, only)
    reader.maybe("SET", "DATA")
    reader.expect("TYPE")
    return _parse_alter_column_type(reader, table, column, only=only)


def _parse_add(reader: StatementReader, table: str, *, only: bool) -> Statement:
    word = reader.now
    named = reader.maybe("CONSTRAINT")
    if named or (word and word.keyword in _CONSTRAINT_KINDS):
        name = reader.name() if named else ""
        word = reader.now
        if word is None or word.keyword not in _CONSTRAINT_KINDS:
            raise UnrecognizedError
        body = reader.rest()
        if word.keyword in {"UNIQUE", "PRIMARY"} and "(" not in body:
            raise UnrecognizedError
        written = [token.keyword for token in reader.tokens[reader.at :]]
        if "USING" in written and "INDEX" in written[written.index("USING") + 1 :][:1]:
            raise UnrecognizedError  # UNIQUE USING INDEX is the online form itself
        if any(
            written[i : i + 2] in (["NOT", "VALID"], ["NOT", "ENFORCED"])
            for i in range(len(written))
        ):
            raise UnrecognizedError
        return AddConstraint(reader.sql, table, name, word.keyword, body, only)
    if not reader.maybe("COLUMN") and (reader.now is None or reader.now.keyword in _NOT_A_COLUMN):
        raise UnrecognizedError
    if reader.sees("IF", "NOT"):
        raise UnrecognizedError
    return AddColumn(reader.sql, table, reader.name(), reader.rest(), only)


_NOT_A_COLUMN = _CONSTRAINT_KINDS | {"CONSTRAINT", "NOT"}


def _parse_alter_column_type(
    reader: StatementReader, table: str, column: str, *, only: bool
) -> Statement:
    using = reader.find("USING")
    definition = reader.rest()
    first = reader.now.start if reader.now else 0
    expression = ""
    if using is not None:
        reader.at = using + 1
        expression = reader.rest()
        # Not up to USING: a comment before it would hide what follows.
        definition = reader.sql[first : reader.tokens[using - 1].end]
    return AlterColumnType(reader.sql, table, column, definition, expression, only)


_PARSERS = {
    "CREATE": _parse_create,
    "DROP": _parse_drop,
    "ALTER": _parse_alter,
    "UPDATE": parse_dml.update,
    "DELETE": parse_dml.delete,
    "MERGE": parse_dml.other_write,
    "WITH": parse_dml.other_write,
    "INSERT": parse_dml.other_write,
    "REFRESH": parse_maintenance.refresh,
    "CLUSTER": parse_maintenance.cluster,
    "REINDEX": parse_maintenance.reindex,
    "VACUUM": parse_maintenance.vacuum,
}


def name_after(sql: str, after: int) -> str:
    """Return the name that follows so many words of a statement, with what qualifies it."""
    reader = StatementReader(sql)
    reader.at = after
    return reader.name()
