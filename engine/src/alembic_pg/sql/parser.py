"""A statement's shape, recognised by its text.

Alembic's operations and what is written with op.execute() are the same statements in the end.
What is not recognised with certainty is no shape, and runs as it stands.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from alembic_pg.sql import parse_dml, parse_maintenance, split
from alembic_pg.sql.cursor import Cursor, UnrecognizedError
from alembic_pg.sql.lexer import tokenize
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


@lru_cache(maxsize=64)  # a run asks several times about the statement at hand
def parse(sql: str) -> Statement | None:
    """Return what a statement is, None when it has no online form."""
    cursor = split.single_statement(sql)
    first = cursor.current
    if first is None or first.keyword not in _PARSERS:
        return None
    cursor.position += 1
    try:
        return _PARSERS[first.keyword](cursor)
    except UnrecognizedError:
        return OtherWrite(sql, "") if first.keyword in parse_dml.WRITING_WORDS else None


def _parse_create(cursor: Cursor) -> Statement:
    if cursor.accept("UNLOGGED", "TABLE") or cursor.accept("TABLE"):
        return _parse_create_partition(cursor)
    unique = cursor.accept("UNIQUE")
    cursor.expect("INDEX")
    by_itself = cursor.accept("CONCURRENTLY")
    there_ok = cursor.accept("IF", "NOT", "EXISTS")
    if cursor.peek("ON"):
        # PostgreSQL chooses a name, by which nobody finds it again.
        return (
            ConcurrentMaintenance(cursor.sql, "")
            if by_itself
            else parse_maintenance.unnamed_index(cursor)
        )
    name = cursor.name_text()
    if cursor.peek("ON") and len(tokenize(name)) > 1:
        raise UnrecognizedError  # an index has its table's schema
    if cursor.peek("ON", "ONLY"):
        return parse_maintenance.unnamed_index(cursor)
    cursor.expect("ON")
    return CreateIndex(
        cursor.sql, cursor.name_text(), name, unique, cursor.remaining_text(), there_ok
    )


def _parse_create_partition(cursor: Cursor) -> Statement:
    cursor.accept("IF", "NOT", "EXISTS")
    name = cursor.name_text()
    cursor.expect("PARTITION", "OF")
    parent = cursor.name_text()
    at = cursor.find("FOR", "VALUES")
    if at is None:
        # Beside a default partition, PostgreSQL reads that; the default itself reads none.
        raise UnrecognizedError
    cursor.position = at + 2
    closing = [token for token in cursor.tokens[at:] if token.text == ")" and token.depth == 1][
        : 2 if cursor.peek("FROM") else 1
    ]
    if not closing:
        raise UnrecognizedError
    bound = cursor.sql[cursor.tokens[at].start : closing[-1].end]
    return AddPartition(cursor.sql, parent, name, bound, attached=False)


def _parse_drop(cursor: Cursor) -> Statement:
    cursor.expect("INDEX")
    cursor.accept("CONCURRENTLY")
    missing_ok = cursor.accept("IF", "EXISTS")
    name = cursor.name_text()
    cursor.accept("RESTRICT")
    cursor.expect_end()
    return DropIndex(cursor.sql, "", name, missing_ok)


def _parse_alter(cursor: Cursor) -> Statement:
    if cursor.accept("TYPE"):
        return _parse_add_value(cursor)
    if cursor.accept("DOMAIN"):
        return _parse_alter_domain(cursor)
    for kind in ("INDEX", "MATERIALIZED VIEW"):
        if cursor.accept(*kind.split()):
            return parse_maintenance.alter_storage(cursor, kind)
    cursor.expect("TABLE")
    return (
        parse_maintenance.alter_storage(cursor, "TABLE")
        if cursor.peek("ALL", "IN")
        else _parse_alter_table(cursor)
    )


def _parse_add_value(cursor: Cursor) -> Statement:
    name = cursor.name_text()
    cursor.expect("ADD", "VALUE")
    there_ok = cursor.accept("IF", "NOT", "EXISTS")
    return AddEnumValue(cursor.sql, name, cursor.remaining_text(), there_ok)


def _parse_alter_table(cursor: Cursor) -> Statement:
    missing_ok = cursor.accept("IF", "EXISTS")
    only = cursor.accept("ONLY")
    table = cursor.name_text()
    cursor.accept("*")
    start = cursor.position
    if (shape := _parse_partition_action(cursor, table)) is not None:
        return shape
    cursor.position = start
    if not missing_ok:
        try:
            return _parse_action(cursor, table, only=only)
        except UnrecognizedError:
            cursor.position = start
    return OtherAlterTable(cursor.sql, table, cursor.remaining_text())


def _parse_partition_action(cursor: Cursor, table: str) -> Statement | None:
    """Return what is done with a partition or a constraint that is there."""
    if cursor.accept("ATTACH", "PARTITION"):
        return AddPartition(
            cursor.sql, table, cursor.name_text(), cursor.remaining_text(), attached=True
        )
    if cursor.accept("DETACH", "PARTITION"):
        name = cursor.name_text()
        return DetachPartition(cursor.sql, table, name) if cursor.accept("CONCURRENTLY") else None
    if cursor.accept("VALIDATE", "CONSTRAINT"):
        name = cursor.name_text()
        return ValidateConstraint(cursor.sql, table, name) if cursor.current is None else None
    return None


def _parse_alter_domain(cursor: Cursor) -> Statement:
    name = cursor.name_text()
    if cursor.accept("SET", "NOT", "NULL"):
        return AlterDomain(cursor.sql, name, "SET NOT NULL")
    if cursor.accept("VALIDATE", "CONSTRAINT"):
        return AlterDomain(cursor.sql, name, "VALIDATE CONSTRAINT")
    cursor.expect("ADD")
    if cursor.find("NOT", "VALID") is not None:
        raise UnrecognizedError
    return AlterDomain(cursor.sql, name, "ADD CONSTRAINT")


def _parse_action(cursor: Cursor, table: str, *, only: bool) -> Statement:
    cursor.expect_single_action()
    if cursor.accept("ADD"):
        return _parse_add(cursor, table, only=only)
    cursor.expect("ALTER")
    cursor.accept("COLUMN")
    column = cursor.name_text()
    if cursor.accept("SET", "NOT", "NULL"):
        cursor.expect_end()
        return SetNotNull(cursor.sql, table, column, only)
    cursor.accept("SET", "DATA")
    cursor.expect("TYPE")
    return _parse_alter_column_type(cursor, table, column, only=only)


def _parse_add(cursor: Cursor, table: str, *, only: bool) -> Statement:
    word = cursor.current
    named = cursor.accept("CONSTRAINT")
    if named or (word and word.keyword in _CONSTRAINT_KINDS):
        name = cursor.name_text() if named else ""
        word = cursor.current
        if word is None or word.keyword not in _CONSTRAINT_KINDS:
            raise UnrecognizedError
        body = cursor.remaining_text()
        if word.keyword in {"UNIQUE", "PRIMARY"} and "(" not in body:
            raise UnrecognizedError
        written = [token.keyword for token in cursor.tokens[cursor.position :]]
        if "USING" in written and "INDEX" in written[written.index("USING") + 1 :][:1]:
            raise UnrecognizedError  # UNIQUE USING INDEX is the online form itself
        if any(
            written[i : i + 2] in (["NOT", "VALID"], ["NOT", "ENFORCED"])
            for i in range(len(written))
        ):
            raise UnrecognizedError
        return AddConstraint(cursor.sql, table, name, word.keyword, body, only)
    if not cursor.accept("COLUMN") and (
        cursor.current is None or cursor.current.keyword in _NOT_A_COLUMN
    ):
        raise UnrecognizedError
    if cursor.peek("IF", "NOT"):
        raise UnrecognizedError
    return AddColumn(cursor.sql, table, cursor.name_text(), cursor.remaining_text(), only)


_NOT_A_COLUMN = _CONSTRAINT_KINDS | {"CONSTRAINT", "NOT"}


def _parse_alter_column_type(cursor: Cursor, table: str, column: str, *, only: bool) -> Statement:
    using = cursor.find("USING")
    definition = cursor.remaining_text()
    first = cursor.current.start if cursor.current else 0
    expression = ""
    if using is not None:
        cursor.position = using + 1
        expression = cursor.remaining_text()
        # Not up to USING: a comment before it would hide what follows.
        definition = cursor.sql[first : cursor.tokens[using - 1].end]
    return AlterColumnType(cursor.sql, table, column, definition, expression, only)


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
    cursor = split.single_statement(sql)
    cursor.position = after
    return cursor.name_text()
