"""Parse REFRESH, CLUSTER, REINDEX and VACUUM, which write a table or an index anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.cursor import UnrecognizedError
from alembic_pg.sql.statements import ConcurrentMaintenance, Rewrite

if TYPE_CHECKING:
    from alembic_pg.sql.cursor import Cursor

_REINDEX_KINDS = ("TABLE", "INDEX", "SCHEMA", "DATABASE", "SYSTEM")

# Actions of ALTER INDEX and ALTER MATERIALIZED VIEW that write anew.
_STORAGE_ACTIONS = ("SET TABLESPACE", "SET ACCESS METHOD")

_FALSE = {"FALSE", "OFF", "0"}


def parse_refresh(cursor: Cursor) -> Rewrite:
    """Parse what follows REFRESH; raise UnrecognizedError where others can work meanwhile."""
    cursor.expect("MATERIALIZED", "VIEW")
    if cursor.peek("CONCURRENTLY"):
        raise UnrecognizedError
    return Rewrite(cursor.sql, cursor.name_text(), "REFRESH MATERIALIZED VIEW")


def parse_cluster(cursor: Cursor) -> Rewrite:
    """Parse what follows CLUSTER."""
    cursor.accept("VERBOSE")
    enabled_options(cursor)
    name = cursor.name_text() if cursor.current else ""
    if cursor.accept("ON"):  # CLUSTER index ON table, as it was written long ago
        name = cursor.name_text()
    return Rewrite(cursor.sql, name, "CLUSTER")


def parse_reindex(cursor: Cursor) -> Rewrite | ConcurrentMaintenance:
    """Parse what follows REINDEX."""
    options = enabled_options(cursor)
    kind = cursor.accept_any(*_REINDEX_KINDS)
    if not kind:
        raise UnrecognizedError
    if cursor.accept("CONCURRENTLY") or "CONCURRENTLY" in options:
        name = cursor.name_text() if cursor.current else ""
        return ConcurrentMaintenance(cursor.sql, "", kind, name)
    has_name = kind in {"TABLE", "INDEX"}
    return Rewrite(cursor.sql, cursor.name_text() if has_name else "", f"REINDEX {kind}")


def parse_vacuum(cursor: Cursor) -> Rewrite:
    """Parse what follows VACUUM; raise UnrecognizedError where others can work meanwhile."""
    if "FULL" not in enabled_options(cursor):
        cursor.expect("FULL")
    while cursor.accept_any("FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"):
        pass
    names = []
    while cursor.current is not None:
        names.append(cursor.relation_text()[0])
        cursor.skip_brackets()  # its columns
        if not cursor.accept(","):
            break
    return Rewrite(cursor.sql, "".join(names[:1]), "VACUUM FULL", tuple(names[1:]))


def parse_alter_storage(cursor: Cursor, kind: str) -> Rewrite:
    """Parse what follows ALTER and a kind; raise UnrecognizedError without a rewrite."""
    if cursor.accept("ALL", "IN", "TABLESPACE"):
        return Rewrite(cursor.sql, "", f"ALTER {kind} ALL IN TABLESPACE")
    cursor.accept("IF", "EXISTS")
    name = cursor.name_text()
    for action in cursor.split_commas():
        if what := action.accept_any(*_STORAGE_ACTIONS):
            return Rewrite(cursor.sql, name, f"ALTER {kind} … {what}")
    raise UnrecognizedError


def enabled_options(cursor: Cursor) -> set[str]:
    """Step over options in brackets, if they come next; return those that are not switched off."""
    enabled: dict[str, bool] = {}
    for option in cursor.split_commas() if cursor.peek("(") else ():
        name = option.current_word
        option.position += 1
        enabled[name] = option.current_word.strip("'").upper() not in _FALSE
    return {name for name, on in enabled.items() if on}
