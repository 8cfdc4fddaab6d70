"""Find the objects that a statement creates, each with the text that its author wrote for it."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name
from alembic_pg.sql.split import statement_cursors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.sql.cursor import Cursor, QualifiedName

_AS = re.compile(
    r'^(CREATE (?:OR REPLACE )?(?:MATERIALIZED )?VIEW (?:"[^"]*"|[^\s"])+) AS\s+', re.IGNORECASE
)

_NAMED_KINDS = ("MATERIALIZED VIEW", "VIEW", "FUNCTION", "PROCEDURE", "AGGREGATE")

_KINDS_ON_TABLE = {
    "CONSTRAINT TRIGGER": "TRIGGER",
    "TRIGGER": "TRIGGER",
    "POLICY": "POLICY",
    "UNIQUE INDEX": "INDEX",
    "INDEX": "INDEX",
}

_CONSTRAINT_KINDS = {"CHECK": "CHECK CONSTRAINT", "EXCLUDE": "CONSTRAINT"}

# What begins a part of CREATE TABLE that is no column.
_NO_COLUMN = frozenset(
    {"CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE", "LIKE", "NOT"}
)

# What ends the expression of a default.
_AFTER_DEFAULT = ("NOT NULL", "CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY KEY", "REFERENCES", "NULL")


def created_texts(script: str) -> Iterator[tuple[str, str]]:
    """Yield the keys of what a script creates, each with the statement or the expression for it.

    The keys are those of pg_dump's entries; a routine's is without its arguments. The expression
    of a column's default has the key ``DEFAULT schema.table column``, that of a generated column
    ``GENERATED schema.table column``.
    """
    for cursor in statement_cursors(script):
        if cursor.accept("CREATE"):
            yield from _created(cursor)
        elif cursor.accept("ALTER", "TABLE"):
            yield from _added(cursor)


def _created(cursor: Cursor) -> Iterator[tuple[str, str]]:
    cursor.accept("OR", "REPLACE")
    if cursor.accept_any("TABLE", "UNLOGGED TABLE"):
        yield from _table_parts(cursor)
        return
    if kind := cursor.accept_any(*_NAMED_KINDS):
        name = cursor.qualified_name()
        text = readable_statement(cursor)
        if "\n" in text and "VIEW" in kind:
            # Each part of a query begins a line, as its author wrote it.
            text = _AS.sub(r"\1 AS\n", text, count=1)
        yield f"{kind} {name[0]}.{name[1]}", text
        return
    kind = cursor.accept_any(*_KINDS_ON_TABLE)
    if not kind:
        return
    cursor.accept("CONCURRENTLY")
    cursor.accept("IF", "NOT", "EXISTS")
    name_of_part = cursor.identifier()
    end = cursor.position
    while cursor.current is not None and not cursor.accept("ON"):
        cursor.position += 1
    cursor.accept("ONLY")
    schema, table = cursor.qualified_name()
    entry = _KINDS_ON_TABLE[kind]
    place = f"{schema}." if entry == "INDEX" else f"{schema}.{table} "
    cursor.position = end
    yield f"{entry} {place}{name_of_part}", readable_statement(cursor)


def _table_parts(cursor: Cursor) -> Iterator[tuple[str, str]]:
    cursor.accept("IF", "NOT", "EXISTS")
    table = cursor.qualified_name()
    if not cursor.peek("("):
        return
    for part in cursor.split_commas():
        if part.current_word in _NO_COLUMN:
            yield from _constraint(part, table)
        else:
            yield from _expressions(part, table, part.identifier())


def _added(cursor: Cursor) -> Iterator[tuple[str, str]]:
    table = cursor.altered_table()
    for part in cursor.split_commas():
        if part.accept("ADD", "COLUMN"):
            part.accept("IF", "NOT", "EXISTS")
            yield from _expressions(part, table, part.identifier())
        elif part.accept("ADD"):
            yield from _constraint(part, table)
        elif part.accept("ALTER"):
            part.accept("COLUMN")
            column = part.identifier()
            if part.accept("SET", "DEFAULT"):
                yield f"DEFAULT {table[0]}.{table[1]} {column}", part.remaining_text()
            elif part.accept("SET", "EXPRESSION", "AS"):
                yield f"GENERATED {table[0]}.{table[1]} {column}", _bracketed(part)


def _constraint(part: Cursor, table: QualifiedName) -> Iterator[tuple[str, str]]:
    """Yield a named CHECK or EXCLUDE; what else is a constraint has no text of its author's."""
    if not part.accept("CONSTRAINT"):
        return
    name = part.identifier()
    if kind := _CONSTRAINT_KINDS.get(part.current_word):
        text = f"ADD CONSTRAINT {quote_name(name)} {part.remaining_text()};"
        yield f"{kind} {table[0]}.{table[1]} {name}", f"ALTER TABLE {quote_name(*table)} {text}"


def _expressions(part: Cursor, table: QualifiedName, column: str) -> Iterator[tuple[str, str]]:
    place = f"{table[0]}.{table[1]} {column}"
    start = part.position
    if (index := part.find("GENERATED", "ALWAYS", "AS")) is not None:
        part.position = index + 3
        if part.peek("("):
            yield f"GENERATED {place}", _bracketed(part)
        return
    index = part.find("DEFAULT")
    if index is None or part.contains("BY", "DEFAULT"):
        return
    part.position = index + 1
    ends = [end for words in _AFTER_DEFAULT if (end := part.find(*words.split())) is not None]
    tokens = part.tokens[index + 1 : min(ends, default=len(part.tokens))]
    part.position = start
    if tokens:
        yield f"DEFAULT {place}", part.sql[tokens[0].start : tokens[-1].end]


def _bracketed(part: Cursor) -> str:
    """Step over brackets; return what they hold."""
    tokens = part.remaining()
    depth = tokens[0].depth if tokens else 0
    end = next((n for n, one in enumerate(tokens) if one.text == ")" and one.depth == depth), 0)
    part.position += end + 1
    return part.sql[tokens[0].end : tokens[end].start].strip() if end else ""


def readable_statement(cursor: Cursor) -> str:
    """Return a statement whose names are quoted only where they must be.

    cursor: after the names. Its lines are moved to the margin where spaces mean nothing.
    """
    tokens = cursor.tokens
    text, end = "", tokens[0].start
    for token in tokens[: cursor.position]:
        name = quote_name(token.identifier) if token.kind == "quoted" else token.text
        text += cursor.sql[end : token.start] + name
        end = token.end
    text += cursor.sql[end : tokens[-1].end]
    if not any("\n" in token.text for token in tokenize(text)):
        first, *others = [line.rstrip() for line in text.split("\n")]
        text = "\n".join([first, *textwrap.dedent("\n".join(others)).split("\n")]).rstrip()
    return f"{text};"
