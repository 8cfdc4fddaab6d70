"""What writes a table or an index anew: REFRESH, CLUSTER, REINDEX, VACUUM, read word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddl.online.reader import NoShapeError
from ddl.online.shapes import Rewrite

if TYPE_CHECKING:
    from ddl.online.reader import Reader


def refresh(reader: Reader) -> Rewrite:
    """Return what follows that word; raise NoShapeError where others can work meanwhile."""
    reader.expect("MATERIALIZED", "VIEW")
    if reader.sees("CONCURRENTLY"):
        raise NoShapeError
    return Rewrite(reader.sql, reader.name(), "REFRESH MATERIALIZED VIEW")


def cluster(reader: Reader) -> Rewrite:
    """Return what follows that word; raise NoShapeError where others can work meanwhile."""
    reader.maybe("VERBOSE")
    _options(reader)
    return Rewrite(reader.sql, reader.name(), "CLUSTER")


def reindex(reader: Reader) -> Rewrite:
    """Return what follows that word; raise NoShapeError where others can work meanwhile."""
    if "CONCURRENTLY" in _options(reader):
        raise NoShapeError
    what = next((word for word in ("TABLE", "INDEX") if reader.maybe(word)), "")
    if not what or reader.sees("CONCURRENTLY"):
        raise NoShapeError
    return Rewrite(reader.sql, reader.name(), f"REINDEX {what}")


def vacuum(reader: Reader) -> Rewrite:
    """Return what follows that word; raise NoShapeError where others can work meanwhile."""
    if "FULL" not in _options(reader):
        reader.expect("FULL")
    while any(reader.maybe(word) for word in ("FREEZE", "VERBOSE", "ANALYZE", "ANALYSE")):
        pass
    return Rewrite(reader.sql, reader.name(), "VACUUM FULL")


def _options(reader: Reader) -> set[str]:
    """Return the words in brackets that come next."""
    words = set()
    while reader.now is not None and reader.now.depth:
        words.add(reader.now.keyword)
        reader.at += 1
    return words
