"""What writes a table, a view or an index anew, and lets nobody use it meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddl.online import blocking

if TYPE_CHECKING:
    from ddl.online.runner import Runner
    from ddl.online.shapes import Rewrite

_INSTEAD = {
    "REFRESH": "REFRESH MATERIALIZED VIEW CONCURRENTLY, with a unique index, lets others read.",
    "REINDEX": "REINDEX … CONCURRENTLY, in an autocommit_block(), lets others write.",
}


def expect_small(runner: Runner, shape: Rewrite) -> None:
    """Raise LeftNothingError when it would stop the work on something large."""
    found = runner.find(shape.table)
    if found is not None and found.persistence != "t":
        instead = _INSTEAD.get(shape.what.split()[0], "It is no part of a revision.")
        blocking.allow(runner, found, shape.what, instead)
