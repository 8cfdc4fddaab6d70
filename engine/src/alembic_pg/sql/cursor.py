"""Read the tokens of one SQL statement one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.sql.lexer import Token

# The schema and the name of a table, a type or the like; where no schema is written, it is the
# cursor's default, "public".
QualifiedName = tuple[str, str]


class UnrecognizedError(Exception):
    """The statement is none of those that have an online strategy."""


class Cursor:
    """The tokens of a statement, or of a part of one, and a position among them.

    sql: the text that the tokens are from. tokens: all of them. position: the index of the next
    one. default_schema: of a name without one. Words are given in capitals, and match unquoted
    words in any case.
    """

    def __init__(
        self, sql: str, tokens: Sequence[Token] | None = None, default_schema: str = "public"
    ) -> None:
        self.sql = sql
        self.default_schema = default_schema
        self.tokens = tokenize(sql) if tokens is None else list(tokens)
        self.position = 0

    @property
    def current(self) -> Token | None:
        """The next token, None at the end."""
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    @property
    def current_word(self) -> str:
        """The next token in capitals, whatever it is; "" at the end."""
        token = self.current
        return "" if token is None else token.keyword or token.text

    def peek(self, *words: str) -> bool:
        """Return whether these words come next."""
        ahead = self.tokens[self.position : self.position + len(words)]
        return [token.keyword or token.text for token in ahead] == list(words)

    def accept(self, *words: str) -> bool:
        """Step over these words; return whether they were there."""
        seen = self.peek(*words)
        self.position += len(words) if seen else 0
        return seen

    def accept_any(self, *phrases: str) -> str:
        """Step over the first of these phrases that comes next; return it, "" without any."""
        return next((phrase for phrase in phrases if self.accept(*phrase.split())), "")

    def expect(self, *words: str) -> None:
        """Step over these words, or raise UnrecognizedError."""
        if not self.accept(*words):
            raise UnrecognizedError

    def expect_end(self) -> None:
        """Raise UnrecognizedError where something follows."""
        if self.current is not None:
            raise UnrecognizedError

    def expect_single_action(self) -> None:
        """Raise UnrecognizedError where a list of several actions follows."""
        if any(token.text == "," and not token.depth for token in self.remaining()):
            raise UnrecognizedError

    def identifier(self) -> str:
        """Step over a name without a schema; return it, "" where there is none."""
        token = self.current
        if token is None or not token.identifier:
            return ""
        self.position += 1
        return token.identifier

    def qualified_name(self) -> QualifiedName:
        """Step over a name with what qualifies it; return its schema and name."""
        *schema, name = self._identifiers()
        return (schema[-1] if schema else self.default_schema, name)

    def qualified_names(self) -> Iterator[QualifiedName]:
        """Step over names between commas, and yield each."""
        yield self.qualified_name()
        while self.accept(","):
            yield self.qualified_name()

    def column_name(self) -> tuple[QualifiedName, str]:
        """Step over the name of a column that its table qualifies; return both."""
        *schema, table, column = ["", *self._identifiers()]
        return (schema[-1] if any(schema) else self.default_schema, table), column

    def _identifiers(self) -> list[str]:
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        return parts

    def name_text(self) -> str:
        """Step over a name with what qualifies it; return it as a statement can repeat it.

        Spaces and comments around its dots are left out. Raises UnrecognizedError where no name
        comes next.
        """
        parts = [self._expect_name_part()]
        while self.accept("."):
            parts.append(self._expect_name_part())
        return ".".join(parts)

    def _expect_name_part(self) -> str:
        token = self.current
        if token is None or not token.identifier:
            raise UnrecognizedError
        self.position += 1
        return token.plain_name

    def relation_text(self) -> tuple[str, bool]:
        """Step over a table's name, ONLY before it and an asterisk after it.

        Return the name as name_text() does, and whether ONLY is there.
        """
        only = self.accept("ONLY")
        in_brackets = only and self.accept("(")
        name = self.name_text()
        if in_brackets:
            self.expect(")")
        else:
            self.accept("*")
        return name, only

    def created_table(self, *, for_certain: bool = False) -> QualifiedName | None:
        """Step over CREATE TABLE and a name; return that of the table, None of what is no such.

        for_certain: whether None is returned of IF NOT EXISTS, too, by which it may be there.
        """
        if not self.accept_any("CREATE TABLE", "CREATE UNLOGGED TABLE"):
            return None
        if self.accept("IF", "NOT", "EXISTS") and for_certain:
            return None
        return self.qualified_name()

    def altered_table(self) -> QualifiedName:
        """Step over IF EXISTS, ONLY, a table's name and an asterisk; return the name."""
        self.accept("IF", "EXISTS")
        in_brackets = self.accept("ONLY") and self.accept("(")
        name = self.qualified_name()
        self.accept(")" if in_brackets else "*")
        return name

    def skip_brackets(self) -> None:
        """Step over brackets and what they hold, if they come next."""
        while self.current is not None and self.current.depth:
            self.position += 1

    def whole_text(self) -> str:
        """Return the text from the first token to the last, "" without any."""
        tokens = self.tokens
        return self.sql[tokens[0].start : tokens[-1].end] if tokens else ""

    def remaining(self) -> list[Token]:
        """Return the tokens that follow."""
        return self.tokens[self.position :]

    def remaining_text(self) -> str:
        """Return the text that follows, up to the last token."""
        token = self.current
        return self.sql[token.start : self.tokens[-1].end] if token else ""

    def find(self, *words: str) -> int | None:
        """Return the index at which these words follow, outside of brackets that open later."""
        depth = min((token.depth for token in self.remaining()), default=0)
        for index in range(self.position, len(self.tokens)):
            ahead = self.tokens[index : index + len(words)]
            if [token.keyword for token in ahead if token.depth == depth] == list(words):
                return index
        return None

    def contains(self, *words: str) -> bool:
        """Return whether these words follow somewhere, outside of brackets that open later."""
        return self.find(*words) is not None

    def split_commas(self) -> Iterator[Cursor]:
        """Yield what stands between commas, of the brackets that open here or of the rest."""
        found = self.remaining()
        if found and found[0].text == "(":
            depth = found[0].depth
            end = next((n for n, t in enumerate(found) if t.text == ")" and t.depth == depth), -1)
            found = found[1:end]
            self.position += end + 1
        depth = min((token.depth for token in found), default=0)
        part: list[Token] = []
        for token in found:
            if token.text == "," and token.depth == depth:
                yield Cursor(self.sql, part, self.default_schema)
                part = []
            else:
                part.append(token)
        if part:
            yield Cursor(self.sql, part, self.default_schema)
