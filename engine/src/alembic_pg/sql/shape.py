"""Tell how a statement is built, whatever its constants are."""

from __future__ import annotations

import hashlib
import re

from alembic_pg.sql.lexer import tokenize

_CONSTANTS = {"string", "dollar"}
_NUMBER = re.compile(r"[-+]?\.?\d")


def statement_shape(sql: str) -> str:
    """Return a text that is equal for statements that differ in nothing but their constants."""
    parts = []
    for token in tokenize(sql):
        constant = token.kind in _CONSTANTS or bool(_NUMBER.match(token.text))
        parts.append("?" if constant else token.keyword or token.text)
    return " ".join(parts)


def shape_digest(sql: str) -> str:
    """Return four characters that statements of one shape share."""
    return hashlib.sha256(statement_shape(sql).encode()).hexdigest()[:4]
