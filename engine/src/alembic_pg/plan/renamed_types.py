"""Give types in a statement that a plan has remembered the names that they have by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.sql.cursor import QualifiedName
    from alembic_pg.sql.lexer import Token


def with_renamed_type(sql: str, old: QualifiedName, new: str) -> str:
    """Return a statement about a table in which a type has another name.

    old: the type; a column may be called so, too. new: its name in the same schema.
    """
    found, parts, end = tokenize(sql), [], 0
    for at, token in enumerate(found):
        if token.identifier != old[1]:
            continue
        qualified = at > 1 and found[at - 1].text == "." and bool(found[at - 2].identifier)
        start = at - 2 if qualified else at
        if qualified and found[start].identifier != old[0]:
            continue
        if qualified or _is_type_place(found[:start]):
            parts += [sql[end : found[start].start], quote_name(old[0], new)]
            end = token.end
    return "".join([*parts, sql[end:]])


def _is_type_place(before: Sequence[Token]) -> bool:
    """Return whether a type stands after some tokens: TYPE, ::, or ADD COLUMN and a name."""
    words = [token.keyword or token.text for token in before[-3:]]
    return (
        words[-1:] == ["TYPE"]
        or words[-2:] == [":", ":"]
        or words[-2:-1] == ["COLUMN"]
        or words[-2:-1] == ["ADD"]
    )
