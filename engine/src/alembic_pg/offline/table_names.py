"""Return the names of tables in a script, always written alike."""

from __future__ import annotations

from alembic_pg.sql.lexer import tokenize


def created_table(sql: str) -> str:
    """Return the table that CREATE TABLE makes, as normalized_name() writes it."""
    found = tokenize(sql)
    at = next(n for n, token in enumerate(found) if token.keyword == "TABLE") + 1
    if [token.keyword for token in found[at : at + 3]] == ["IF", "NOT", "EXISTS"]:
        at += 3
    end = at
    while end + 1 < len(found) and found[end + 1].text == ".":
        end += 2
    return normalized_name(sql[found[at].start : found[end].end])


def normalized_name(name: str) -> str:
    """Return a table's name without its default schema, always written alike."""
    parts = [token.identifier for token in tokenize(name) if token.identifier]
    return ".".join(parts[1:] if parts[:1] == ["public"] and len(parts) > 1 else parts)
