"""What a block of PL/pgSQL says, and the texts that it executes (PostgreSQL, 41.5.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.sql import cursor
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import unquote_literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.sql.lexer import Token

# A statement within a block begins after one of these.
_BEFORE_STATEMENT = {"BEGIN", "THEN", "ELSE", "LOOP", ";"}

# What stands for a name that is known in a run only.
_UNKNOWN_NAME = '"…"'

# A place of format(), with what belongs to the same word.
_FORMAT_PLACEHOLDER = re.compile(r"[\w$]*%(?:\d+\$)?-?\d*[Is][\w$]*")

_JOINING_FUNCTIONS = {"FORMAT", "CONCAT", "CONCAT_WS"}


def block_statements(block: str) -> Iterator[Cursor]:
    """Yield the statements of a block, and those in its texts, in their order."""
    whole = Cursor(block)
    start = 0
    for at, token in enumerate([*whole.tokens, None]):
        if token is None or (token.keyword or token.text) in _BEFORE_STATEMENT:
            part = whole.tokens[start:at]
            yield Cursor(block, part)
            for sql in _executed_texts(part):
                yield from cursor.statement_cursors(sql)
            start = at + 1


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
