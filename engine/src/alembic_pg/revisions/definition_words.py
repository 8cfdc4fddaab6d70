"""Compare definitions of constraints and indexes as written and as PostgreSQL prints them."""

from __future__ import annotations

import re

from alembic_pg.sql.lexer import tokenize

# What PostgreSQL prints around what its author wrote, and what says nothing of new rows.
_CAST = re.compile(
    r"::(?:character varying|double precision|bit varying|time(?:stamp)? with(?:out)? time zone"
    r'|(?:"(?:[^"]|"")*"|\w+)(?:\.(?:"(?:[^"]|"")*"|\w+))?)(?:\([\d, ]+\))?(?:\[\])*'
)
_USUAL = frozenset({"(", ")", ".", "public", "using", "btree"})


def definition_words(definition: str) -> tuple[str, ...]:
    """Return a definition in words that are the same for what PostgreSQL prints and its author.

    definition: what follows the name of a constraint, or the table of an index.
    """
    found = tokenize(_CAST.sub("", definition.removesuffix("NOT VALID")))
    words = (token.identifier or token.text for token in found)
    return tuple(word for word in words if word not in _USUAL)
