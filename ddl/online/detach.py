"""DETACH PARTITION … CONCURRENTLY: two transactions of PostgreSQL's, with a wait between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddl.compare.names import quoted

if TYPE_CHECKING:
    from ddl.online.catalog import Relation
    from ddl.online.runner import Runner
    from ddl.online.shapes import DetachPartition

_STATE = """
SELECT inhdetachpending FROM pg_inherits
WHERE inhparent = :table AND inhrelid = to_regclass(:name)
"""


def detach(runner: Runner, shape: DetachPartition, table: Relation, key: str) -> None:
    """Detach a partition; one that an earlier run has detached by half goes for good."""
    runner.settle()
    resumed = runner.resumed(shape.sql)
    with runner.outside(key):
        found = runner.rows(_STATE, table=table.oid, name=shape.partition)
        if not found and resumed:
            return
        if found and found[0].inhdetachpending:
            on = quoted(table.schema, table.name)
            runner.step(f"ALTER TABLE {on} DETACH PARTITION {shape.partition} FINALIZE")
        else:
            runner.concurrently(shape.sql)
