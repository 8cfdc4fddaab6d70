"""A piece of SQL as its words, and which of them comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.sql.lexer import Token


class TokenStream:
    """The tokens of a piece of SQL; at: which of them is next."""

    def __init__(self, sql: str, found: Sequence[Token]) -> None:
        self.sql = sql
        self.tokens = list(found)
        self.at = 0

    @property
    def now(self) -> Token | None:
        """The next token, None at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def sees(self, *words: str) -> bool:
        """Return whether these words come next."""
        ahead = self.tokens[self.at : self.at + len(words)]
        return [token.keyword or token.text for token in ahead] == list(words)

    def maybe(self, *words: str) -> bool:
        """Step over these words; return whether they were there."""
        seen = self.sees(*words)
        self.at += len(words) if seen else 0
        return seen
