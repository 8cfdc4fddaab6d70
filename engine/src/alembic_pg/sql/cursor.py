"""A statement of SQL, read word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.word_list import TokenStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.sql.lexer import Token

# A table, type or the like: its schema and name. What names no schema is in public.
QualifiedName = tuple[str, str]


class Cursor(TokenStream):
    """The tokens of a statement, or of a part of it, and which of them comes next."""

    def __init__(self, sql: str, found: Sequence[Token] | None = None) -> None:
        super().__init__(sql, tokenize(sql) if found is None else found)

    @property
    def word(self) -> str:
        """The next token in capitals, whatever it is; "" at the end."""
        token = self.now
        return "" if token is None else token.keyword or token.text

    def any(self, *words: str) -> str:
        """Step over one of these words; return it, "" when none was there."""
        return next((word for word in words if self.maybe(*word.split())), "")

    def identifier(self) -> str:
        """Step over a name without a schema; "" where there is none."""
        token = self.now
        if token is None or not token.spelt:
            return ""
        self.at += 1
        return token.spelt

    def name(self) -> QualifiedName:
        """Step over a name with what qualifies it."""
        *schema, name = self._parts()
        return (schema[-1] if schema else "public", name)

    def column(self) -> tuple[QualifiedName, str]:
        """Step over the name of a table's column."""
        *schema, table, column = ["", *self._parts()]
        return (schema[-1] if any(schema) else "public", table), column

    def _parts(self) -> list[str]:
        parts = [self.identifier()]
        while self.maybe("."):
            parts.append(self.identifier())
        return parts

    def names(self) -> Iterator[QualifiedName]:
        """Step over names between commas."""
        yield self.name()
        while self.maybe(","):
            yield self.name()

    def rest(self) -> list[Token]:
        """Return what follows."""
        return self.tokens[self.at :]

    def has(self, *words: str) -> bool:
        """Return whether these words follow somewhere, outside of brackets that open later."""
        depth = min((token.depth for token in self.rest()), default=0)
        found = [token.keyword for token in self.rest() if token.depth == depth]
        return any(found[at : at + len(words)] == list(words) for at in range(len(found)))

    def parts(self) -> Iterator[Cursor]:
        """Yield what stands between commas, of the brackets that open here or of the rest."""
        found = self.rest()
        if found and found[0].text == "(":
            depth = found[0].depth
            end = next((n for n, t in enumerate(found) if t.text == ")" and t.depth == depth), -1)
            found = found[1:end]
            self.at += end + 1
        depth = min((token.depth for token in found), default=0)
        part: list[Token] = []
        for token in found:
            if token.text == "," and token.depth == depth:
                yield Cursor(self.sql, part)
                part = []
            else:
                part.append(token)
        if part:
            yield Cursor(self.sql, part)


def statement_cursors(sql: str) -> Iterator[Cursor]:
    """Yield the statements of a text, one after the other."""
    found: list[Token] = []
    for token in tokenize(sql):
        if token.text == ";" and not token.depth:
            yield Cursor(sql, found)
            found = []
        else:
            found.append(token)
    if found:
        yield Cursor(sql, found)
