"""What writes a table or an index anew: REFRESH, CLUSTER, REINDEX, VACUUM, read word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.cursor import UnrecognizedError
from alembic_pg.sql.statements import ConcurrentMaintenance, Rewrite, UnnamedIndex

if TYPE_CHECKING:
    from alembic_pg.sql.cursor import Cursor


def refresh(cursor: Cursor) -> Rewrite:
    """Return what follows that word; raise UnrecognizedError where others can work meanwhile."""
    cursor.expect("MATERIALIZED", "VIEW")
    if cursor.peek("CONCURRENTLY"):
        raise UnrecognizedError
    return Rewrite(cursor.sql, cursor.name_text(), "REFRESH MATERIALIZED VIEW")


def cluster(cursor: Cursor) -> Rewrite:
    """Return what follows that word."""
    cursor.accept("VERBOSE")
    _option_words(cursor)
    return Rewrite(cursor.sql, cursor.name_text() if cursor.current else "", "CLUSTER")


def reindex(cursor: Cursor) -> Rewrite | ConcurrentMaintenance:
    """Return what follows that word."""
    options = _option_words(cursor)
    what = next((word for word in _REINDEX_KINDS if cursor.accept(word)), "")
    if not what:
        raise UnrecognizedError
    if "CONCURRENTLY" in options or cursor.peek("CONCURRENTLY"):
        return ConcurrentMaintenance(cursor.sql, "")
    alone = what in {"TABLE", "INDEX"}
    return Rewrite(cursor.sql, cursor.name_text() if alone else "", f"REINDEX {what}")


_REINDEX_KINDS = ("TABLE", "INDEX", "SCHEMA", "DATABASE", "SYSTEM")


def vacuum(cursor: Cursor) -> Rewrite:
    """Return what follows that word; raise UnrecognizedError where others can work meanwhile."""
    if "FULL" not in _option_words(cursor):
        cursor.expect("FULL")
    while cursor.accept_any("FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"):
        pass
    if cursor.current is None:
        return Rewrite(cursor.sql, "", "VACUUM FULL")
    names = [cursor.name_text()]
    while True:
        _option_words(cursor)  # its columns
        if not cursor.accept(","):
            return Rewrite(cursor.sql, names[0], "VACUUM FULL", tuple(names[1:]))
        names.append(cursor.name_text())


def alter_storage(cursor: Cursor, kind: str) -> Rewrite:
    """Return what follows ALTER and a kind; raise UnrecognizedError without a rewrite."""
    if cursor.accept("ALL", "IN", "TABLESPACE"):
        return Rewrite(cursor.sql, "", f"ALTER {kind} ALL IN TABLESPACE")
    cursor.accept("IF", "EXISTS")
    name = cursor.name_text()
    for what in ("SET TABLESPACE", "SET ACCESS METHOD"):
        if cursor.accept(*what.split()):
            return Rewrite(cursor.sql, name, f"ALTER {kind} … {what}")
    raise UnrecognizedError


def unnamed_index(cursor: Cursor) -> UnnamedIndex:
    """Return CREATE INDEX that has no online form; cursor: before ON."""
    cursor.expect("ON")
    only = cursor.accept("ONLY")
    return UnnamedIndex(cursor.sql, cursor.name_text(), only)


def _option_words(cursor: Cursor) -> set[str]:
    """Return the words in brackets that come next."""
    words = set()
    while cursor.current is not None and cursor.current.depth:
        words.add(cursor.current.keyword)
        cursor.position += 1
    return words
