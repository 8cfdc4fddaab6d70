"""Compare what two definitions of a constraint or a unique index ask of new rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.sql.lexer import Token

# What a foreign key may have after the columns that it refers to, and asks nothing of its rows.
# The first ones let rows go, or change, to which others refer.
_LET = ("CASCADE", "SET NULL", "SET DEFAULT")
_ACTIONS = (*_LET, "RESTRICT", "NO ACTION")
_OF_KEYS = tuple(f"ON {one} {action}" for one in ("DELETE", "UPDATE") for action in _ACTIONS)

# What any constraint may have.
_OF_ANY = ("NOT VALID", "NOT DEFERRABLE", "INITIALLY IMMEDIATE", "ENFORCED")

# What lets rows be that are refused without it, for a time or for good. ON CONFLICT takes no
# deferrable unique constraint, so that this asks more of those who write.
_LAXER_KEYS = {
    "DEFERRABLE": "deferrable",
    "INITIALLY DEFERRED": "deferred",
    **{f"ON {one} {action}": f"on {one}" for one in ("DELETE", "UPDATE") for action in _LET},
}
_LAXER = {"NOT ENFORCED": "not enforced"}


@dataclass
class _Asked:
    """What a definition asks of new rows: its text without additions, and what makes it laxer.

    included: the columns that a unique one has beside its own, which must fit into the index.
    """

    text: str
    laxer: set[str] = field(default_factory=set)
    included: str = ""


def is_no_stricter(
    before: str, after: str, *, words: Callable[[str], object] | None = None
) -> bool:
    """Return whether new rows that a definition allows are all allowed by another one.

    False is returned where that is not certain. words: returns what is the same for two texts
    that say the same; that of the words and signs without.
    """
    say = words or _words
    old, new = _asked(before), _asked(after)
    fits = not new.included or say(old.included) == say(new.included)
    return fits and say(old.text) == say(new.text) and old.laxer <= new.laxer


def _words(definition: str) -> list[str]:
    """Return the words and signs of a statement or a part of one."""
    return [token.text for token in tokenize(definition) if token.text != ";"]


def _asked(definition: str) -> _Asked:
    cursor = Cursor(definition)
    is_key = _skip_to_additions(cursor)
    laxer = _LAXER | (_LAXER_KEYS if is_key else {})
    asked, end, kept = _Asked(""), 0, []
    while (token := cursor.current) is not None and not cursor.peek("WHERE"):
        said = cursor.accept_any(*laxer, *_OF_ANY, *(_OF_KEYS if is_key else ()))
        bracket = "" if is_key else cursor.accept_any("INCLUDE", "WITH")
        if said.endswith(("SET NULL", "SET DEFAULT")) or bracket:
            cursor.skip_brackets()
        if not (said or bracket):
            cursor.position += 1
            continue
        kept.append(definition[end : token.start])
        end = cursor.tokens[cursor.position - 1].end
        asked.laxer |= {laxer[said]} if said in laxer else set()
        if bracket == "INCLUDE":
            asked.included = definition[token.start : end]
    asked.text = " ".join([*kept, definition[end:]])
    return asked


def _skip_to_additions(cursor: Cursor) -> bool:
    """Step over the columns or the expression; return whether it is a foreign key."""
    while cursor.current is not None and not cursor.current.depth:
        cursor.position += 1
    cursor.skip_brackets()
    if not cursor.accept("REFERENCES"):
        return False
    cursor.qualified_name()
    cursor.skip_brackets()
    return True


def definition_words(definition: str) -> tuple[str, ...]:
    """Return a definition in words that are the same for what PostgreSQL prints and its author.

    They are where it is simple; else it is taken for another one. definition: what follows the
    name of a constraint, or the table of an index.
    """
    words = [_word(token) for token in tokenize(definition)]
    for begin in (2, 1, 0):  # CHECK ((a > 0)) is CHECK (a > 0)
        if words[begin : begin + 2] == ["(", "("] and words[-2:] == [")", ")"]:
            inner = words[begin + 2 : -2]
            if not {"(", ")"} & {*inner}:
                words = [*words[: begin + 1], *inner, ")"]
    return tuple(words)


def _word(token: Token) -> str:
    """Return a token as PostgreSQL prints it: a name that could be a keyword stays quoted."""
    name = token.identifier
    return quote_name(name) if token.kind == "quoted" and name else name or token.text
