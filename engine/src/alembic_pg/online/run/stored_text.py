"""Choose what a note keeps of a statement: all of its text, or what a person needs to know it by.

What takes a statement back, or takes away what it has begun, needs its text. Of others nothing is
kept that may be a secret: everybody may read a comment.
"""

from __future__ import annotations

# What stands before a text that only describes the statement.
_DESCRIBES = "~ "

_LONGEST_TEXT = 20_000


def stored_text(sql: str) -> str:
    """Return what a note keeps of a statement."""
    if _may_be_needed(sql) and len(sql) <= _LONGEST_TEXT:
        return sql
    from alembic_pg.sql.lexer import short_line  # noqa: PLC0415  # only where there is a note

    return _DESCRIBES + short_line(sql)


def whole_text(stored: str) -> str:
    """Return the statement that is kept, "" where it is only described."""
    return "" if only_describes(stored) else stored


def only_describes(stored: str) -> bool:
    """Return whether the statement itself is not kept."""
    return stored.startswith(_DESCRIBES)


def name_of_stored(stored: str) -> str:
    """Return what to call a statement of which this is kept."""
    from alembic_pg.sql.lexer import short_line  # noqa: PLC0415  # as above

    return short_line(stored.removeprefix(_DESCRIBES))


def changes_rows(stored: str) -> bool:
    """Return whether the statement changes rows."""
    return stored.startswith((f"{_DESCRIBES}UPDATE", f"{_DESCRIBES}DELETE"))


def _may_be_needed(sql: str) -> bool:
    from alembic_pg.sql import parser, statements  # noqa: PLC0415  # as above
    from alembic_pg.sql.lexer import tokenize  # noqa: PLC0415  # as above

    words = [token.keyword for token in tokenize(sql)[:3]]
    # The values of a type are in the catalog, for everybody.
    makes = words[:2] in (["CREATE", "TABLE"], ["CREATE", "TYPE"])
    if makes or words == ["COMMENT", "ON", "COLUMN"]:
        return True
    statement = parser.parse(sql)
    rows = statements.UpdateOrDelete | statements.UnbatchedWrite
    return statement is not None and not isinstance(statement, rows)
