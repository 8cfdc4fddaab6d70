"""Tell whether two spellings of a statement are the same statement."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from alembic_pg.sql.lexer import Token, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator

# What pg_dump spells otherwise than SQLAlchemy, in capitals.
_SPELLINGS = {
    ("VARCHAR",): ("CHARACTER", "VARYING"),
    ("CHAR",): ("CHARACTER",),
    ("USING", "BTREE"): (),
    ("PUBLIC", "."): (),
}

# An action of a foreign key ends before one of these.
_AFTER_ACTION = {"ON", "DEFERRABLE", "INITIALLY", "NOT", "MATCH"}


def is_same_statement(one: str, other: str) -> bool:
    """Return whether two statements are the same.

    They may differ in spaces, quotes, needless brackets, and ``public.`` before names.
    """
    return _normal_words(one) == _normal_words(other)


def _normal_words(statement: str) -> list[str]:
    """Return the words of a statement in their normal spelling."""
    words = [_spelling(token) for token in tokenize(statement)]
    while words and words[-1] == ";":
        words.pop()
    if words[:3] == ["ALTER", "TABLE", "ONLY"] and words.count("CONSTRAINT"):
        del words[2]  # pg_dump's habit
    spelled: list[str] = []
    position = 0
    while position < len(words):
        for old, new in _SPELLINGS.items():
            if tuple(words[position : position + len(old)]) == old:
                spelled += new
                position += len(old)
                break
        else:
            spelled.append(words[position])
            position += 1
    return _delete_first(_without_needless_brackets([*_bare_parameters(spelled)]))


def _bare_parameters(words: list[str]) -> Iterator[str]:
    """Yield words, storage parameters of an index without the quotes that pg_dump gives them."""
    inside = False
    for before, word in itertools.pairwise(["", *words]):
        inside = (before, word) == ("WITH", "(") or (inside and word != ")")
        value = word[1:-1]
        is_bare = inside and before == "=" and word.startswith("'") and value.isalnum()
        yield value.upper() if is_bare else word


def _spelling(token: Token) -> str:
    """Return a token's spelling: a name or keyword without quotes and in capitals if it can be."""
    if token.kind == "word":
        return token.keyword
    name = token.identifier
    if token.kind == "quoted" and name == name.lower():
        return name.upper()
    return token.text


def _without_needless_brackets(words: list[str]) -> list[str]:
    """Return words without a second pair of brackets around a CHECK, or one after WHERE."""
    partner: dict[int, int] = {}
    opened: list[int] = []
    for position, word in enumerate(words):
        if word == "(":
            opened.append(position)
        elif word == ")" and opened:
            partner[opened.pop()] = position
    needless: set[int] = set()
    after_where = [place + 1 for place, word in enumerate(words) if word == "WHERE"]
    last = len(words) - 1
    for start, end in sorted(partner.items()):
        follows_check = words[start - 1] == "CHECK" or start - 1 in needless
        if follows_check and partner.get(start + 1) == end - 1:
            needless |= {start, end}
        if start in after_where and end == last:
            needless |= {start, end}
            after_where.append(start + 1)
            last -= 1
    return [word for position, word in enumerate(words) if position not in needless]


def _delete_first(words: list[str]) -> list[str]:
    """Return words in which a foreign key's ON DELETE comes before its ON UPDATE."""
    pairs = list(itertools.pairwise(words))
    if ("ON", "UPDATE") not in pairs or ("ON", "DELETE") not in pairs:
        return words
    update, delete = pairs.index(("ON", "UPDATE")), pairs.index(("ON", "DELETE"))
    if delete < update:
        return words
    end = next(
        (place for place in range(delete + 2, len(words)) if words[place] in _AFTER_ACTION),
        len(words),
    )
    return [*words[:update], *words[delete:end], *words[update:delete], *words[end:]]
