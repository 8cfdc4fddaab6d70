"""Read the statements of a PL/pgSQL block, and those in the strings it executes (41.5.4)."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from alembic_pg.sql import split
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import without_literals
from alembic_pg.sql.quoting import unquote_literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.sql.lexer import Token

# What stands for a name that is known in a run only.
_UNKNOWN_NAME = '"…"'

# A place of format(), with what belongs to the same word.
_FORMAT_PLACEHOLDER = re.compile(r"[\w$]*%(?:\d+\$)?-?\d*[Is][\w$]*")

# Of an EXECUTE that a message shows.
_SHOWN_CHARACTERS = 60

# What makes it depend on what is there whether a statement of a block is executed.
_CONDITIONS = {"IF", "CASE", "FOR", "FOREACH", "WHILE", "LOOP"}

# What changes rows, or what is demanded of them.
WRITES = {"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "EXECUTE"}
_CHANGES = {("ALTER", "TABLE"), ("ALTER", "DOMAIN"), ("CREATE", "UNIQUE")}

_JOINING_FUNCTIONS = {"FORMAT", "CONCAT", "CONCAT_WS"}


def do_body(cursor: Cursor) -> str:
    """Return the block that a DO statement executes, "" of another statement."""
    bodies = [token for token in cursor.tokens if token.kind in {"dollar", "string"}]
    if not bodies or cursor.tokens[0].keyword != "DO":
        return ""
    # The language may stand in quotes, too.
    return string_content(max(bodies, key=lambda token: len(token.text)))


def all_statements(sql: str) -> list[str]:
    """Return the statements of a text, and those of its DO blocks."""
    return [*nested_statements(sql)] or [sql]


def nested_statements(sql: str) -> Iterator[str]:
    """Yield the statements of a text, none where it is but one, and those of its DO blocks."""
    texts = split.statement_texts(sql)
    if len(texts) > 1:
        yield from texts
    for block in block_bodies(sql):
        yield from filter(None, (one.whole_text() for one in block_statements(block)))


def block_bodies(sql: str) -> Iterator[str]:
    """Yield the bodies of the DO statements of a text."""
    yield from filter(None, map(do_body, split.statement_cursors(sql)))


def block_statements(block: str) -> Iterator[Cursor]:
    """Yield the statements of a block, and those in its strings, in their order."""
    for cursor in split.block_cursors(block):
        yield cursor
        for sql in _executed_texts(cursor.tokens):
            yield from split.statement_cursors(sql)


def conditional_change(cursor: Cursor) -> str:
    """Return the statement of a DO that changes a table or rows where a condition holds, as a line.

    Of a block without any, and of another statement, "".
    """
    found = list(block_statements(do_body(cursor)))
    words = {token.keyword for one in found for token in one.tokens}
    if words.isdisjoint(_CONDITIONS):
        return ""
    for one in found:
        for at, token in enumerate(one.tokens):
            after = one.tokens[at + 1].keyword if at + 1 < len(one.tokens) else ""
            if token.keyword in WRITES or (token.keyword, after) in _CHANGES:
                said = without_literals(Cursor(one.sql, one.tokens[at:]).whole_text())
                return textwrap.shorten(said, _SHOWN_CHARACTERS, placeholder=" …")
    return ""


def unseen_executes(block: str) -> Iterator[str]:
    """Yield each EXECUTE of a block whose text is no constant, in one line without constants."""
    for cursor in split.block_cursors(block):
        at = cursor.find("EXECUTE")
        if at is None or _is_constant(cursor.tokens[at + 1 :]):
            continue
        said = without_literals(Cursor(block, cursor.tokens[at:]).whole_text())
        yield textwrap.shorten(said, _SHOWN_CHARACTERS, placeholder=" …")


def _is_constant(tokens: Sequence[Token]) -> bool:
    """Return whether what follows EXECUTE is one constant, or no text at all."""
    words = [token.keyword or token.kind for token in tokens[:2]]
    if words[:1] in (["FUNCTION"], ["PROCEDURE"], ["ON"]):  # of CREATE TRIGGER, of GRANT
        return True
    return words[:1] in (["string"], ["dollar"]) and words[1:] in ([], ["INTO"], ["USING"])


def string_content(constant: Token) -> str:
    """Return the text that a constant stands for."""
    if constant.kind == "string":
        return unquote_literal(constant.text[constant.text.index("'") :])
    tag = constant.text[: constant.text.index("$", 1) + 1]
    return constant.text[len(tag) : -len(tag)]


def _executed_texts(part: Sequence[Token]) -> Iterator[str]:
    """Yield the texts of a statement; those that it joins are one."""
    texts = [string_content(token) for token in part if token.kind in {"string", "dollar"}]
    if texts and any(token.text == "|" or token.keyword in _JOINING_FUNCTIONS for token in part):
        yield _joined_text(part)
    else:
        yield from texts


def _joined_text(part: Sequence[Token]) -> str:
    said, unknown = "", False
    for token in part:
        if token.kind in {"string", "dollar"}:
            text = _FORMAT_PLACEHOLDER.sub(_UNKNOWN_NAME, string_content(token))
            said += f"{_UNKNOWN_NAME}{text}" if unknown and said else text
            unknown = False
        elif token.kind in {"word", "quoted"} and token.keyword not in _JOINING_FUNCTIONS:
            unknown = True
    return said + (_UNKNOWN_NAME if unknown else "")
