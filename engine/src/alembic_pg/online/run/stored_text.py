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
    return "" if stored.startswith(_DESCRIBES) else stored


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
    if words[:2] == ["CREATE", "TABLE"] or words == ["COMMENT", "ON", "COLUMN"]:
        return True
    statement = parser.parse(sql)
    rows = statements.UpdateOrDelete | statements.UnbatchedWrite
    return statement is not None and not isinstance(statement, rows)


def created_type(stored: str) -> str:
    """Return the type that a statement creates, as a statement can repeat it, "" of any other.

    Its values may be left out of what is stored.
    """
    from alembic_pg.sql import split  # noqa: PLC0415  # only where there is a note
    from alembic_pg.sql.cursor import UnrecognizedError  # noqa: PLC0415

    cursor = split.first_statement(stored.removeprefix(_DESCRIBES))
    if not cursor.accept("CREATE", "TYPE"):
        return ""
    try:
        name = cursor.name_text()
    except UnrecognizedError:
        return ""
    return name if cursor.peek("AS") else ""
