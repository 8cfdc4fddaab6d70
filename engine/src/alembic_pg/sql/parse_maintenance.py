"""What writes a table or an index anew: REFRESH, CLUSTER, REINDEX, VACUUM, read word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.statement_reader import UnrecognizedError
from alembic_pg.sql.statements import ConcurrentMaintenance, Rewrite, UnnamedIndex

if TYPE_CHECKING:
    from alembic_pg.sql.statement_reader import StatementReader


def refresh(reader: StatementReader) -> Rewrite:
    """Return what follows that word; raise NoShapeError where others can work meanwhile."""
    reader.expect("MATERIALIZED", "VIEW")
    if reader.sees("CONCURRENTLY"):
        raise UnrecognizedError
    return Rewrite(reader.sql, reader.name(), "REFRESH MATERIALIZED VIEW")


def cluster(reader: StatementReader) -> Rewrite:
    """Return what follows that word."""
    reader.maybe("VERBOSE")
    _option_words(reader)
    return Rewrite(reader.sql, reader.name() if reader.now else "", "CLUSTER")


def reindex(reader: StatementReader) -> Rewrite | ConcurrentMaintenance:
    """Return what follows that word."""
    options = _option_words(reader)
    what = next((word for word in _REINDEX_KINDS if reader.maybe(word)), "")
    if not what:
        raise UnrecognizedError
    if "CONCURRENTLY" in options or reader.sees("CONCURRENTLY"):
        return ConcurrentMaintenance(reader.sql, "")
    alone = what in {"TABLE", "INDEX"}
    return Rewrite(reader.sql, reader.name() if alone else "", f"REINDEX {what}")


_REINDEX_KINDS = ("TABLE", "INDEX", "SCHEMA", "DATABASE", "SYSTEM")


def vacuum(reader: StatementReader) -> Rewrite:
    """Return what follows that word; raise NoShapeError where others can work meanwhile."""
    if "FULL" not in _option_words(reader):
        reader.expect("FULL")
    while any(reader.maybe(word) for word in ("FREEZE", "VERBOSE", "ANALYZE", "ANALYSE")):
        pass
    if reader.now is None:
        return Rewrite(reader.sql, "", "VACUUM FULL")
    names = [reader.name()]
    while True:
        _option_words(reader)  # its columns
        if not reader.maybe(","):
            return Rewrite(reader.sql, names[0], "VACUUM FULL", tuple(names[1:]))
        names.append(reader.name())


def alter_storage(reader: StatementReader, kind: str) -> Rewrite:
    """Return what follows ALTER and a kind; raise NoShapeError where nothing is written anew."""
    if reader.maybe("ALL", "IN", "TABLESPACE"):
        return Rewrite(reader.sql, "", f"ALTER {kind} ALL IN TABLESPACE")
    reader.maybe("IF", "EXISTS")
    name = reader.name()
    for what in ("SET TABLESPACE", "SET ACCESS METHOD"):
        if reader.maybe(*what.split()):
            return Rewrite(reader.sql, name, f"ALTER {kind} … {what}")
    raise UnrecognizedError


def unnamed_index(reader: StatementReader) -> UnnamedIndex:
    """Return CREATE INDEX that has no online form; reader: before ON."""
    reader.expect("ON")
    only = reader.maybe("ONLY")
    return UnnamedIndex(reader.sql, reader.name(), only)


def _option_words(reader: StatementReader) -> set[str]:
    """Return the words in brackets that come next."""
    words = set()
    while reader.now is not None and reader.now.depth:
        words.add(reader.now.keyword)
        reader.at += 1
    return words
