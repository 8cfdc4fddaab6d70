"""A statement, read word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.word_list import TokenStream

if TYPE_CHECKING:
    from alembic_pg.sql.lexer import Token


class UnrecognizedError(Exception):
    """The statement is none that is known."""


class StatementReader(TokenStream):
    """The tokens of one statement, none where there are several."""

    def __init__(self, sql: str) -> None:
        found = tokenize(sql)
        while found and found[-1].text == ";":
            found.pop()
        several = any(token.text == ";" and not token.depth for token in found)
        super().__init__(sql, [] if several else found)

    def expect(self, *words: str) -> None:
        """Pass over words, or raise NoShapeError."""
        if not self.maybe(*words):
            raise UnrecognizedError

    def name(self) -> str:
        """Return a name with what qualifies it, as it is written."""
        first = self._part()
        last = first
        while self.maybe("."):
            last = self._part()
        return self.sql[first.start : last.end]

    def _part(self) -> Token:
        token = self.now
        if token is None or not token.identifier:
            raise UnrecognizedError
        self.at += 1
        return token

    def rest(self) -> str:
        """Return all that follows."""
        token = self.now
        return self.sql[token.start : self.tokens[-1].end] if token else ""

    def end(self) -> None:
        """Raise NoShapeError where something follows."""
        if self.now is not None:
            raise UnrecognizedError

    def find(self, *words: str) -> int | None:
        """Return where words stand outside of brackets, from here on."""
        for index in range(self.at, len(self.tokens)):
            ahead = self.tokens[index : index + len(words)]
            if not ahead[0].depth and [token.keyword for token in ahead] == list(words):
                return index
        return None

    def alone(self) -> None:
        """Refuse a list of several actions."""
        if any(token.text == "," and not token.depth for token in self.tokens[self.at :]):
            raise UnrecognizedError
