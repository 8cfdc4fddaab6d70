"""Parse a statement into one of the kinds in statements.py.

Alembic's operations and what is written with op.execute() are the same statements in the end.
What is not recognised with certainty is None, and runs as it stands. A test compares all of this
with PostgreSQL's own grammar.
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
    SetNotNull,
    UnbatchedWrite,
    UnnamedIndex,
    UpdateOrDelete,
    ValidateConstraint,
)

if TYPE_CHECKING:
    from alembic_pg.sql.statements import Statement

_CONSTRAINT_KINDS = {"CHECK", "FOREIGN", "UNIQUE", "PRIMARY", "EXCLUDE"}


@lru_cache(maxsize=64)  # a run asks several times about the statement at hand
def parse(sql: str) -> Statement | None:
    """Return what a statement is, None when it has no online strategy."""
    cursor = split.single_statement(sql)
    while cursor.accept("("):
        pass  # a query may stand in brackets
    first = cursor.current_word
    if first not in _PARSERS:
        return None
    cursor.position += 1
    try:
        return _PARSERS[first](cursor)
    except UnrecognizedError:
        return UnbatchedWrite(cursor.whole_text(), "") if first in parse_dml.WRITING_WORDS else None


def _parse_create(cursor: Cursor) -> Statement:
    temporary = cursor.accept_any("TEMPORARY", "TEMP")
    if cursor.accept("UNLOGGED", "TABLE") or cursor.accept("TABLE"):
        return _parse_create_table(cursor, partition=not temporary)
    unique = cursor.accept("UNIQUE")
    cursor.expect("INDEX")
    concurrently = cursor.accept("CONCURRENTLY")
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    # Without a name, PostgreSQL chooses one, by which nobody finds the index again.
    name = "" if cursor.peek("ON") else cursor.name_text()
    cursor.expect("ON")
    table, only = cursor.relation_text()
    if only or not name:
        if concurrently:
            rest = cursor.remaining_text()
            return ConcurrentMaintenance(cursor.sql, "", "", table, unique, rest)
        return UnnamedIndex(cursor.sql, table, only)
    if len(tokenize(name)) > 1:
        raise UnrecognizedError  # an index has its table's schema
    return CreateIndex(cursor.sql, table, name, unique, cursor.remaining_text(), if_not_exists)


def _parse_create_table(cursor: Cursor, *, partition: bool) -> Statement:
    """Parse what follows CREATE TABLE; partition: whether PARTITION OF counts."""
    if (query := cursor.find("AS")) is not None:
        return parse_dml.parse_other_write(Cursor(cursor.sql, cursor.tokens[query + 1 :]))
    if not partition:
        raise UnrecognizedError
    return _parse_create_partition(cursor)


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
    return AddPartition(cursor.sql, parent, name, bound, is_attach=False)


def _parse_drop(cursor: Cursor) -> Statement:
    cursor.expect("INDEX")
    cursor.accept("CONCURRENTLY")
    if_exists = cursor.accept("IF", "EXISTS")
    name = cursor.name_text()
    cursor.accept("RESTRICT")
    cursor.expect_end()
    return DropIndex(cursor.sql, "", name, if_exists)


def _parse_alter(cursor: Cursor) -> Statement:
    if cursor.accept("TYPE"):
        return _parse_add_value(cursor)
    if cursor.accept("DOMAIN"):
        return _parse_alter_domain(cursor)
    for kind in ("INDEX", "MATERIALIZED VIEW"):
        if cursor.accept(*kind.split()):
            return parse_maintenance.parse_alter_storage(cursor, kind)
    cursor.expect("TABLE")
    return (
        parse_maintenance.parse_alter_storage(cursor, "TABLE")
        if cursor.peek("ALL", "IN")
        else _parse_alter_table(cursor)
    )


def _parse_add_value(cursor: Cursor) -> Statement:
    name = cursor.name_text()
    cursor.expect("ADD", "VALUE")
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    return AddEnumValue(cursor.sql, name, cursor.remaining_text(), if_not_exists)


def _parse_alter_table(cursor: Cursor) -> Statement:
    if_exists = cursor.accept("IF", "EXISTS")
    table, only = cursor.relation_text()
    start = cursor.position
    if (shape := _parse_partition_action(cursor, table)) is not None:
        return shape
    cursor.position = start
    if not if_exists:
        try:
            return _parse_action(cursor, table, only=only)
        except UnrecognizedError:
            cursor.position = start
    return OtherAlterTable(cursor.sql, table, cursor.remaining_text())


def _parse_partition_action(cursor: Cursor, table: str) -> Statement | None:
    """Return what is done with a partition or a constraint that is there."""
    if cursor.accept("ATTACH", "PARTITION"):
        return AddPartition(
            cursor.sql, table, cursor.name_text(), cursor.remaining_text(), is_attach=True
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
    if cursor.peek("CONSTRAINT") or _begins_constraint(cursor):
        return _parse_add_constraint(cursor, table, only=only)
    if not cursor.accept("COLUMN") and cursor.peek("NOT"):
        raise UnrecognizedError
    if cursor.peek("IF", "NOT"):
        raise UnrecognizedError
    return AddColumn(cursor.sql, table, cursor.name_text(), cursor.remaining_text(), only)


def _begins_constraint(cursor: Cursor) -> bool:
    """Return whether a constraint without a name comes next: EXCLUDE may be a column's name."""
    if cursor.peek("EXCLUDE"):
        return cursor.peek("EXCLUDE", "(") or cursor.peek("EXCLUDE", "USING")
    return cursor.current_word in _CONSTRAINT_KINDS


def _parse_add_constraint(cursor: Cursor, table: str, *, only: bool) -> Statement:
    name = cursor.name_text() if cursor.accept("CONSTRAINT") else ""
    kind, body = cursor.current_word, cursor.remaining_text()
    if kind not in _CONSTRAINT_KINDS:
        raise UnrecognizedError
    if cursor.contains("NOT", "VALID") or cursor.contains("NOT", "ENFORCED"):
        raise UnrecognizedError
    cursor.accept_any("UNIQUE NULLS NOT DISTINCT", "UNIQUE NULLS DISTINCT", "UNIQUE", "PRIMARY KEY")
    # UNIQUE USING INDEX is what the online strategy itself ends with.
    if kind in {"UNIQUE", "PRIMARY"} and not cursor.peek("("):
        raise UnrecognizedError
    return AddConstraint(cursor.sql, table, name, kind, body, only)


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


def _parse_explain(cursor: Cursor) -> Statement:
    """Parse what follows EXPLAIN, whose statement is executed with ANALYZE."""
    options = parse_maintenance.enabled_options(cursor)
    if not (options & {"ANALYZE", "ANALYSE"} or cursor.accept_any("ANALYZE", "ANALYSE")):
        raise UnrecognizedError
    cursor.accept("VERBOSE")
    return _parse_inner_write(cursor.remaining_text())


def _parse_prepare(cursor: Cursor) -> Statement:
    """Parse what follows PREPARE: EXECUTE does not say again what it executes."""
    cursor.name_text()
    cursor.skip_brackets()
    cursor.expect("AS")
    return _parse_inner_write(cursor.remaining_text())


def _parse_copy(cursor: Cursor) -> Statement:
    """Parse what follows COPY, which may be a statement in brackets."""
    if not cursor.peek("("):
        raise UnrecognizedError
    start = cursor.position + 1
    cursor.skip_brackets()
    inner = Cursor(cursor.sql, cursor.tokens[start : cursor.position - 1])
    return _parse_inner_write(inner.whole_text())


def _parse_inner_write(sql: str) -> Statement:
    """Return the statement that another one executes, if it may change rows."""
    statement = parse(sql)
    if not isinstance(statement, UpdateOrDelete | UnbatchedWrite):
        raise UnrecognizedError
    return UnbatchedWrite(statement.sql, "")


_PARSERS = {
    "CREATE": _parse_create,
    "DROP": _parse_drop,
    "ALTER": _parse_alter,
    "UPDATE": parse_dml.parse_update,
    "DELETE": parse_dml.parse_delete,
    "MERGE": parse_dml.parse_other_write,
    "WITH": parse_dml.parse_other_write,
    "INSERT": parse_dml.parse_other_write,
    "EXPLAIN": _parse_explain,
    "PREPARE": _parse_prepare,
    "COPY": _parse_copy,
    "REFRESH": parse_maintenance.parse_refresh,
    "CLUSTER": parse_maintenance.parse_cluster,
    "REINDEX": parse_maintenance.parse_reindex,
    "VACUUM": parse_maintenance.parse_vacuum,
}


def name_after(sql: str, after: int) -> str:
    """Return the name that follows so many words of a statement, with what qualifies it."""
    cursor = split.single_statement(sql)
    cursor.position = after
    return cursor.name_text()
