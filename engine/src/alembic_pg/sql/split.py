"""Split SQL text into statements, and a block of PL/pgSQL into its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.cursor import Cursor, UnrecognizedError
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.sql.lexer import Token

# A statement within a block of PL/pgSQL begins after one of these.
_BEFORE_BLOCK_STATEMENT = {"BEGIN", "THEN", "ELSE", "LOOP", ";"}

_ROUTINES = ("FUNCTION", "PROCEDURE")


def statement_cursors(sql: str) -> Iterator[Cursor]:
    """Yield a cursor for each statement of a text, without its semicolon."""
    for found in _split_statements(tokenize(sql)):
        if found[-1].text == ";":
            found.pop()
        if found:
            yield Cursor(sql, found)


def statement_texts(sql: str) -> list[str]:
    """Return the statements of a text, without semicolons and the comments between them."""
    return [cursor.whole_text() for cursor in statement_cursors(sql)]


def script_statements(script: str) -> list[str]:
    """Return the statements of a script, each with its semicolon and the comments before it."""
    found, begin = [], 0
    for tokens in _split_statements(tokenize(script)):
        found.append(script[begin : tokens[-1].end].strip())
        begin = tokens[-1].end
    return [*found, *filter(None, [script[begin:].strip()])]


def first_statement(sql: str, default_schema: str = "public") -> Cursor:
    """Return a cursor for the first statement of a text, without tokens where there is none."""
    cursor = next(statement_cursors(sql), Cursor(sql, []))
    cursor.default_schema = default_schema
    return cursor


def single_statement(sql: str) -> Cursor:
    """Return a cursor for the only statement of a text, without tokens where there are several."""
    found = list(statement_cursors(sql))
    return Cursor(sql, found[0].tokens if len(found) == 1 else [])


def index_drops(sql: str) -> list[str]:
    """Return a statement for each index that one drops, nothing where that is one or CASCADE.

    PostgreSQL drops one alone CONCURRENTLY, and what takes its place is another one for each.
    """
    cursor = single_statement(sql)
    if not cursor.accept("DROP", "INDEX") or cursor.peek("CONCURRENTLY"):
        return []
    drop = "DROP INDEX IF EXISTS" if cursor.accept("IF", "EXISTS") else "DROP INDEX"
    parts = list(cursor.split_commas())
    if len(parts) < 2 or parts[-1].contains("CASCADE"):  # noqa: PLR2004  # several
        return []
    try:
        return [f"{drop} {part.name_text()}" for part in parts]
    except UnrecognizedError:
        return []  # PostgreSQL says what is wrong with it


def block_cursors(block: str) -> Iterator[Cursor]:
    """Yield a cursor for each part of a block of PL/pgSQL that may be a statement."""
    found: list[Token] = []
    for token in tokenize(block):
        if (token.keyword or token.text) in _BEFORE_BLOCK_STATEMENT:
            yield Cursor(block, found)
            found = []
        else:
            found.append(token)
    yield Cursor(block, found)


def _split_statements(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each statement with its semicolon; of an empty one, that alone.

    A rule has statements in brackets, a routine in SQL has them between BEGIN ATOMIC and END.
    """
    found: list[Token] = []
    in_routine = in_body = False
    for token in tokens:
        before = found[-1] if found else None
        found.append(token)
        if token.depth:
            continue
        if in_body:
            # A CASE has its END elsewhere than where a statement of the body would begin.
            begins = before is not None and (before.keyword or before.text) in {"ATOMIC", ";"}
            in_body = not (token.keyword == "END" and begins)
        elif token.keyword in _ROUTINES:
            in_routine = in_routine or _creates_routine(found)
        elif token.keyword == "ATOMIC" and in_routine:
            in_body = before is not None and before.keyword == "BEGIN"
        elif token.text == ";":
            yield found
            found = []
            in_routine = False
    if found:
        yield found


def _creates_routine(tokens: Sequence[Token]) -> bool:
    """Return whether these tokens begin with CREATE FUNCTION or the like, and end there."""
    words = [token.keyword for token in tokens]
    return words[:-1] in (["CREATE"], ["CREATE", "OR", "REPLACE"])
