"""Return the names of tables in a script, always written alike."""

from __future__ import annotations

from alembic_pg.sql.lexer import mentions, tokenize


def created_table(sql: str, *, for_certain: bool = False) -> str:
    """Return the table that CREATE TABLE makes, as normalized_name() writes it.

    for_certain: whether "" is returned of IF NOT EXISTS, by which it may be there.
    """
    found = tokenize(sql)
    at = next(n for n, token in enumerate(found) if token.keyword == "TABLE") + 1
    if [token.keyword for token in found[at : at + 3]] == ["IF", "NOT", "EXISTS"]:
        if for_certain:
            return ""
        at += 3
    end = at
    while end + 1 < len(found) and found[end + 1].text == ".":
        end += 2
    return normalized_name(sql[found[at].start : found[end].end])


def without_renamed(names: set[str], sql: str) -> set[str]:
    """Return those of some tables' names that a statement lets mean nothing else.

    names: as normalized_name() writes them.
    """
    words = [token.keyword for token in tokenize(sql)]
    moves = words[:2] == ["ALTER", "TABLE"] and not {"RENAME", "SCHEMA"}.isdisjoint(words)
    if not (moves or words[:2] == ["DROP", "TABLE"]):
        return names
    return {name for name in names if not mentions(sql, {name.rpartition(".")[2]})}


def normalized_name(name: str) -> str:
    """Return a table's name without its default schema, always written alike."""
    parts = [token.identifier for token in tokenize(name) if token.identifier]
    return ".".join(parts[1:] if parts[:1] == ["public"] and len(parts) > 1 else parts)
