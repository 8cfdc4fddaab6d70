"""Compare what two definitions of a constraint or a unique index ask of new rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What a definition may have beside what it asks of new rows: brackets follow the first ones.
_WITH_BRACKETS = ("INCLUDE", "WITH")
_ACTIONS = ("CASCADE", "RESTRICT", "NO ACTION", "SET NULL", "SET DEFAULT")
_BESIDE = (
    *(f"ON {event} {action}" for event in ("DELETE", "UPDATE") for action in _ACTIONS),
    *("NOT VALID", "NOT DEFERRABLE", "INITIALLY IMMEDIATE", "ENFORCED"),
)

# What lets rows be that it forbids without: till the end of a transaction, or for good.
_LAXER = {
    "DEFERRABLE": "deferrable",
    "INITIALLY DEFERRED": "deferred",
    "NOT ENFORCED": "not enforced",
}


def _texts(definition: str) -> list[str]:
    """Return the words and signs of a statement or a part of one."""
    return [token.text for token in tokenize(definition) if token.text != ";"]


def is_no_stricter(before: str, after: str, *, words: Callable[[str], object] = _texts) -> bool:
    """Return whether new rows that a definition allows are all allowed by another one.

    False is returned where that is not certain. words: returns what is the same for two texts
    that say the same.
    """
    old, new = (_without_additions(definition) for definition in (before, after))
    return words(old[0]) == words(new[0]) and old[1] <= new[1]


def _without_additions(definition: str) -> tuple[str, set[str]]:
    """Return a definition without what asks nothing of new rows, and what makes it laxer."""
    kept, laxer, end = [], set(), 0
    for start, stop, lax in _additions(definition):
        kept.append(definition[end:start])
        laxer |= {lax} - {""}
        end = stop
    return " ".join([*kept, definition[end:]]), laxer


def _additions(definition: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each addition begins and ends, and which one it is where it makes it laxer."""
    cursor = Cursor(definition)
    while (token := cursor.current) is not None:
        if token.depth:
            cursor.position += 1
            continue
        said = cursor.accept_any(*_LAXER, *_BESIDE)
        bracket = any(cursor.peek(word, "(") for word in _WITH_BRACKETS)
        if not (said or bracket):
            cursor.position += 1
            continue
        if bracket:
            cursor.position += 1
        if bracket or said.endswith(("SET NULL", "SET DEFAULT")):
            cursor.skip_brackets()
        yield token.start, cursor.tokens[cursor.position - 1].end, _LAXER.get(said, "")


def definition_words(definition: str) -> tuple[str, ...]:
    """Return a definition in words that are the same for what PostgreSQL prints and its author.

    They are where it is simple; else it is taken for another one. definition: what follows the
    name of a constraint, or the table of an index.
    """
    words = [token.identifier or token.text for token in tokenize(definition)]
    for begin in (2, 1, 0):  # CHECK ((a > 0)) is CHECK (a > 0)
        if words[begin : begin + 2] == ["(", "("] and words[-2:] == [")", ")"]:
            inner = words[begin + 2 : -2]
            if not {"(", ")"} & {*inner}:
                words = [*words[: begin + 1], *inner, ")"]
    return tuple(words)
